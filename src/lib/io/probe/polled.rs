//! A connection for those who poll it themselves.

use std::io::{self, Read, Write};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::heard;
use super::stream::{Stream, absorb, with_buffer};

/// Writes what fits without waiting.
struct Fitting<'a>(&'a TcpStream);

impl Write for Fitting<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.try_write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// `None`: it would have to wait.
fn at_once<T>(done: io::Result<T>) -> io::Result<Option<T>> {
    match done {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
        done => done.map(Some).map_err(heard),
    }
}

impl Stream {
    /// Take from the connection what TLS needs to go on. `None`: nothing is there.
    fn feed(&mut self) -> io::Result<Option<()>> {
        let Self { tcp, tls } = self;
        let Some(session) = tls else { return Ok(Some(())) };
        with_buffer(|buffer| {
            let Some(read) = at_once(tcp.try_read(buffer))? else { return Ok(None) };
            absorb(session, buffer.get(..read).unwrap_or_default()).map(Some)
        })
    }

    /// What is decrypted already. `None`: more must come first.
    fn decrypted(&mut self, out: &mut ReadBuf<'_>) -> io::Result<Option<()>> {
        let Some(session) = &mut self.tls else { return Ok(None) };
        match session.reader().read(out.initialize_unfilled()) {
            Ok(read) => out.advance(read),
            // Closed without TLS's farewell, as many servers do.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
            Err(error) => return Err(error),
        }
        Ok(Some(()))
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let stream = self.get_mut();
        loop {
            if stream.decrypted(out)?.is_some() {
                return Poll::Ready(Ok(()));
            }
            ready!(stream.tcp.poll_read_ready(context))?;
            if stream.tls.is_some() {
                stream.feed()?;
            } else if let Some(read) = at_once(stream.tcp.try_read(out.initialize_unfilled()))? {
                out.advance(read);
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let stream = self.get_mut();
        // TLS keeps what does not fit, so the last must have gone before it takes more.
        ready!(Pin::new(&mut *stream).poll_flush(context))?;
        if let Some(session) = &mut stream.tls {
            let written = session.writer().write(bytes)?;
            let _later = Pin::new(stream).poll_flush(context)?;
            return Poll::Ready(Ok(written));
        }
        loop {
            ready!(stream.tcp.poll_write_ready(context))?;
            if let Some(written) = at_once(stream.tcp.try_write(bytes))? {
                return Poll::Ready(Ok(written));
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { tcp, tls } = self.get_mut();
        if let Some(session) = tls {
            while session.wants_write() {
                ready!(tcp.poll_write_ready(context))?;
                at_once(session.write_tls(&mut Fitting(tcp)))?;
            }
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(context)
    }
}
