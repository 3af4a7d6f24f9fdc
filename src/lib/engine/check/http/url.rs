//! Addresses of web pages, as far as a probe needs them: `http://host:port/path?query`.

use std::fmt;

/// Where a page is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    /// `https`.
    pub secure: bool,
    /// Name or address, without brackets.
    pub host: Box<str>,
    /// The scheme's own unless it was written.
    pub port: u16,
    /// Path and query, from the first `/` on.
    pub target: Box<str>,
}

impl Url {
    /// Read a URL. A fragment is for the reader of a page and is left out.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (scheme, rest) = text
            .split_once("://")
            .ok_or_else(|| format!("`{text}` is no URL; write http://HOST:PORT/PATH"))?;
        let secure = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            _ => return Err(format!("`{scheme}` is not a scheme of the web: http or https")),
        };
        let rest = rest.split_once('#').map_or(rest, |(before, _)| before);
        let at = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, target) = rest.split_at(at);
        if authority.contains('@') {
            return Err("a URL with a user name in it: give the user as an option".to_owned());
        }
        let (host, port) = host_and_port(authority)?;
        let target = if target.starts_with('/') { target.into() } else { format!("/{target}") };
        if let Some(bad) = unfit(&host).or_else(|| unfit(&target)) {
            return Err(format!("{bad:?} cannot stand in a URL; write it as %XX"));
        }
        let port = port.unwrap_or(if secure { 443 } else { 80 });
        Ok(Self { secure, host: host.into(), port, target: target.into() })
    }

    /// What a `Host` header says: the port only where it is not the scheme's own.
    #[must_use]
    pub fn host_header(&self) -> String {
        let own = if self.secure { 443 } else { 80 };
        if self.port == own { bracketed(&self.host) } else { self.authority() }
    }

    /// Host and port, both always.
    #[must_use]
    pub fn authority(&self) -> String {
        format!("{}:{}", bracketed(&self.host), self.port)
    }

    /// Where a `Location` header sends from here.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn join(&self, location: &str) -> Result<Self, String> {
        let scheme = if self.secure { "https" } else { "http" };
        if location.contains("://") {
            Self::parse(location)
        } else if location.starts_with("//") {
            Self::parse(&format!("{scheme}:{location}"))
        } else {
            let path = self.target.split_once('?').map_or(&*self.target, |(path, _)| path);
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            let target = match location.chars().next() {
                Some('/') => location.to_owned(),
                Some('?') => format!("{path}{location}"),
                _ => format!("{folder}/{location}"),
            };
            Self::parse(&format!("{scheme}://{}{target}", self.authority()))
        }
    }

    /// Whether `other` is the same server by scheme, name and port: who may see a password.
    #[must_use]
    pub fn same_origin(&self, other: &Self) -> bool {
        (self.secure, &self.host, self.port) == (other.secure, &other.host, other.port)
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.host_header(), self.target)
    }
}

/// A host as it stands before a port.
fn bracketed(host: &str) -> String {
    if host.contains(':') { format!("[{host}]") } else { host.to_owned() }
}

fn host_and_port(authority: &str) -> Result<(String, Option<u16>), String> {
    let wrong = || format!("`{authority}` is no host; an IPv6 address stands in brackets");
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest.split_once(']').ok_or_else(wrong)?;
            (host, after.strip_prefix(':').or(if after.is_empty() { None } else { Some("x") }))
        }
        None => authority.split_once(':').map_or((authority, None), |(h, p)| (h, Some(p))),
    };
    if host.is_empty() || host.contains(['[', ']']) {
        return Err(wrong());
    }
    let port = port.filter(|text| !text.is_empty());
    let port = port.map(|text| text.parse().ok().filter(|port| *port != 0).ok_or_else(wrong));
    Ok((host.to_owned(), port.transpose()?))
}

/// The first character that would break a request line or a header.
#[must_use]
pub fn unfit(text: &str) -> Option<char> {
    text.chars().find(|c| c.is_ascii_control() || *c == ' ' || !c.is_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_url_are_told_apart() {
        for (text, secure, authority, target, header) in [
            ("http://a", false, "a:80", "/", "a"),
            ("https://a/b?c=d#e", true, "a:443", "/b?c=d", "a"),
            ("HTTP://192.0.2.1:8080?x", false, "192.0.2.1:8080", "/?x", "192.0.2.1:8080"),
            ("http://[2001:db8::1]/", false, "[2001:db8::1]:80", "/", "[2001:db8::1]"),
            ("https://[::1]:80/", true, "[::1]:80", "/", "[::1]:80"),
            ("http://a:/", false, "a:80", "/", "a"),
        ] {
            let url = Url::parse(text).unwrap();
            assert_eq!((url.secure, url.authority().as_str()), (secure, authority), "{text}");
            assert_eq!((&*url.target, url.host_header().as_str()), (target, header), "{text}");
            assert_eq!(Url::parse(&url.to_string()).unwrap(), url);
        }
    }

    #[test]
    fn what_is_no_url_or_would_break_a_request_is_refused() {
        for text in [
            "a",
            "ftp://a/",
            "http://",
            "http://:80/",
            "http://a:0/",
            "http://a:65536/",
            "http://u:p@a/",
            "http://a/b c",
            "http://a/\r\nX: y",
            "http://[::1/",
            "http://[::1]x/",
            "http://[[a]/",
            "http://a/é",
        ] {
            assert!(Url::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_location_is_read_from_where_it_was_given() {
        let base = Url::parse("http://a:81/dir/page?q").unwrap();
        for (location, expected) in [
            ("https://b/", "https://b/"),
            ("//b/x", "http://b/x"),
            ("/x?y", "http://a:81/x?y"),
            ("x", "http://a:81/dir/x"),
            ("?z", "http://a:81/dir/page?z"),
        ] {
            assert_eq!(base.join(location).unwrap().to_string(), expected);
        }
        assert!(base.join("javascript://x").is_err());
        assert!(!base.same_origin(&base.join("https://a:81/").unwrap()));
    }
}
