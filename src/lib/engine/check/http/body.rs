//! Where the body of an answer ends, and what it is apart from its framing.
//!
//! MD5 is taken of the bytes as they come, as keepalived and `genhash` do; of an answer in chunks
//! also of what the chunks make together.

use md5::{Digest as _, Md5};

use super::super::lines::Lines;

/// Longest line of a chunk's size with its extensions, and longest trailer.
const LONGEST_LINE: usize = 1024;
/// All such lines together.
const LONGEST_LINES: usize = 16 * 1024 * 1024;

/// How the end of the body is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// There is none.
    Empty,
    /// After so many bytes.
    Length(u64),
    /// By a last chunk.
    Chunked,
    /// By the end of the connection.
    UntilEnd,
}

/// A body that is being read.
pub struct Body {
    framing: Framing,
    chunk: Chunk,
    lines: Lines,
    /// Bytes that came, framing included.
    raw: u64,
    /// Bytes without framing.
    length: u64,
    md5: Md5,
    md5_of_chunks: Option<Md5>,
    /// The body itself, when somebody wants to look into it.
    kept: Option<Vec<u8>>,
}

/// What is expected next of a body in chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Chunk {
    Size,
    Data(u64),
    LineEnd,
    Trailers,
    Over,
}

impl Body {
    /// A body of which nothing has come yet; `keep`: it will be looked into.
    #[must_use]
    pub fn new(framing: Framing, keep: bool) -> Self {
        Self {
            framing,
            chunk: Chunk::Size,
            lines: Lines::new(LONGEST_LINE, LONGEST_LINES),
            raw: 0,
            length: 0,
            md5: Md5::new(),
            md5_of_chunks: (framing == Framing::Chunked).then(Md5::new),
            kept: keep.then(Vec::new),
        }
    }

    /// Bytes of the body so far, without framing.
    #[must_use]
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// Bytes that came so far.
    #[must_use]
    pub const fn raw_length(&self) -> u64 {
        self.raw
    }

    /// The body so far; empty unless it is kept.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.kept.as_deref().unwrap_or_default()
    }

    /// Whether all of it is here. One that ends with the connection never is by itself.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        match self.framing {
            Framing::Empty => true,
            Framing::Length(length) => self.raw >= length,
            Framing::Chunked => self.chunk == Chunk::Over,
            Framing::UntilEnd => false,
        }
    }

    /// Why the end of the connection leaves it unfinished, if it does.
    #[must_use]
    pub fn is_cut(&self) -> Option<String> {
        match self.framing {
            _ if self.is_whole() => None,
            Framing::Length(length) => {
                Some(format!("the body ended after {} of {length} bytes", self.raw))
            }
            Framing::Chunked => Some("the body ended before its last chunk".to_owned()),
            Framing::Empty | Framing::UntilEnd => None,
        }
    }

    /// MD5 of the bytes as they came, and of what chunks make together.
    #[must_use]
    pub fn digests(&self) -> ([u8; 16], Option<[u8; 16]>) {
        let chunks = self.md5_of_chunks.as_ref();
        (self.md5.clone().finalize().into(), chunks.map(|md5| md5.clone().finalize().into()))
    }

    /// Read on. What follows the end of the body is not looked at.
    ///
    /// # Errors
    /// Its framing is broken.
    pub fn handle_bytes(&mut self, bytes: &[u8]) -> Result<(), String> {
        let left = match self.framing {
            Framing::Empty => return Ok(()),
            Framing::Length(length) => length - self.raw,
            Framing::Chunked | Framing::UntilEnd => u64::MAX,
        };
        let bytes = bytes.get(..usize::try_from(left).unwrap_or(usize::MAX)).unwrap_or(bytes);
        if self.framing == Framing::Chunked {
            return self.handle_chunks(bytes);
        }
        self.md5.update(bytes);
        self.raw = self.raw.saturating_add(bytes.len() as u64);
        self.keep(bytes);
        Ok(())
    }

    fn keep(&mut self, bytes: &[u8]) {
        self.length = self.length.saturating_add(bytes.len() as u64);
        if let Some(kept) = &mut self.kept {
            kept.extend_from_slice(bytes);
        }
    }

    fn handle_chunks(&mut self, bytes: &[u8]) -> Result<(), String> {
        let mut rest = bytes;
        while !rest.is_empty() && self.chunk != Chunk::Over {
            if let Chunk::Data(left) = self.chunk {
                let here = usize::try_from(left).unwrap_or(usize::MAX).min(rest.len());
                let (data, after) = rest.split_at(here);
                rest = after;
                self.keep(data);
                if let Some(md5) = &mut self.md5_of_chunks {
                    md5.update(data);
                }
                let left = left - here as u64;
                self.chunk = if left == 0 { Chunk::LineEnd } else { Chunk::Data(left) };
                continue;
            }
            let line = self.lines.take(&mut rest);
            let line = line.map_err(|_| "a line between its chunks has no end".to_owned())?;
            if let Some(line) = line {
                self.chunk = self.after_line(&line)?;
            }
        }
        let used = bytes.len() - rest.len();
        self.md5.update(bytes.get(..used).unwrap_or_default());
        self.raw = self.raw.saturating_add(used as u64);
        Ok(())
    }

    fn after_line(&self, line: &[u8]) -> Result<Chunk, String> {
        match self.chunk {
            Chunk::Size => match chunk_size(line) {
                None => Err("the size of a chunk is no number".to_owned()),
                Some(0) => Ok(Chunk::Trailers),
                Some(size) => Ok(Chunk::Data(size)),
            },
            Chunk::LineEnd if line.is_empty() => Ok(Chunk::Size),
            Chunk::LineEnd => Err("a chunk is longer than it says".to_owned()),
            Chunk::Trailers if line.is_empty() => Ok(Chunk::Over),
            other => Ok(other),
        }
    }
}

/// Hexadecimal digits before extensions.
fn chunk_size(line: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(line).ok()?;
    let digits = text.split(';').next()?.trim();
    let plain = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    if plain { u64::from_str_radix(digits, 16).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(framing: Framing, text: &[u8], size: usize) -> Result<Body, String> {
        let mut body = Body::new(framing, true);
        for part in text.chunks(size) {
            body.handle_bytes(part)?;
        }
        Ok(body)
    }

    #[test]
    fn a_body_is_the_same_however_the_bytes_are_cut() {
        let chunks = b"4;x=y\r\nWiki\r\n5\r\npedia\r\n0\r\nTrailer: x\r\n\r\nrest";
        for size in 1..=chunks.len() {
            let body = read(Framing::Chunked, chunks, size).unwrap();
            assert!(body.is_whole() && body.is_cut().is_none());
            assert_eq!((body.bytes(), body.length()), (&b"Wikipedia"[..], 9));
            let (raw, together) = body.digests();
            assert_eq!(raw, <[u8; 16]>::from(Md5::digest(&chunks[..chunks.len() - 4])));
            assert_eq!(together, Some(Md5::digest(b"Wikipedia").into()));
            let body = read(Framing::Length(4), b"Wikipedia", size).unwrap();
            assert!(body.is_whole());
            assert_eq!(body.bytes(), b"Wiki");
        }
    }

    #[test]
    fn a_body_that_ends_early_says_so() {
        for (framing, text, cut) in [
            (Framing::Length(9), &b"Wiki"[..], Some("the body ended after 4 of 9 bytes")),
            (Framing::Chunked, b"4\r\nWiki\r\n", Some("the body ended before its last chunk")),
            (Framing::UntilEnd, b"Wiki", None),
            (Framing::Empty, b"Wiki", None),
        ] {
            assert_eq!(read(framing, text, 3).unwrap().is_cut().as_deref(), cut);
        }
    }

    #[test]
    fn broken_chunks_are_an_error_and_no_size_is_believed() {
        for text in [
            &b"xyz\r\n"[..],
            b"\r\n",
            b"+4\r\nWiki\r\n",
            b"4\r\nWikipedia\r\n",
            b"11111111111111111\r\n",
            &[b'1'; 2000],
        ] {
            assert!(read(Framing::Chunked, text, 7).is_err(), "{text:?}");
        }
        // Sixteen digits announce more than there is memory; nothing is set aside for them.
        assert_eq!(read(Framing::Chunked, b"ffffffffffffffff\r\nab", 9).unwrap().bytes(), b"ab");
    }
}
