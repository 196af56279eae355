//! Addresses as people write them: `127.0.0.1:6000`, `localhost:6000`, several for a cluster.

use std::net::{SocketAddr, ToSocketAddrs};

/// Reads `host:port[,host:port...]`. Of a name with several addresses the first of IPv4 is taken: the servers of the
/// family listen on IPv4.
///
/// # Errors
/// Says what was seen and what to write.
pub fn parse_addrs(text: &str) -> Result<Vec<SocketAddr>, String> {
    let addrs: Vec<SocketAddr> = text.split(',').map(parse_addr).collect::<Result<_, _>>()?;
    match (1..addrs.len()).find(|index| addrs[..*index].contains(&addrs[*index])) {
        Some(index) => Err(format!("{} is named twice", addrs[index])),
        None => Ok(addrs),
    }
}

fn parse_addr(text: &str) -> Result<SocketAddr, String> {
    let text = text.trim();
    if text.parse::<u16>().is_ok() {
        return Err(format!("`{text}` lacks the host: write 127.0.0.1:{text}"));
    }
    if text.contains("://") {
        return Err(format!("`{text}` is a URL: write host:port, such as 127.0.0.1:6000"));
    }
    let Some((host, port)) = text.rsplit_once(':') else {
        return Err(format!("`{text}` lacks the port: write {text}:6000"));
    };
    match port.parse::<u16>() {
        Err(_) | Ok(0) => {
            return Err(format!(
                "`{port}` in `{text}` is not a port: write a number from 1 to 65535"
            ));
        }
        Ok(_) if host.is_empty() => {
            return Err(format!("`{text}` lacks the host: write 127.0.0.1{text}"));
        }
        Ok(_) => {}
    }
    let resolved: Vec<SocketAddr> = text
        .to_socket_addrs()
        .map_err(|error| format!("`{host}` cannot be resolved: {error}"))?
        .collect();
    let first = resolved.iter().find(|addr| addr.is_ipv4()).or(resolved.first());
    first.copied().ok_or_else(|| format!("`{host}` has no address"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_people_write_them() {
        let read = parse_addrs("127.0.0.1:6000, [::1]:6001,localhost:6002").unwrap();
        let expected = ["127.0.0.1:6000", "[::1]:6001", "127.0.0.1:6002"];
        assert_eq!(read, expected.map(|text| text.parse().unwrap()));
    }

    #[test]
    fn what_is_no_address_is_refused_with_the_cure() {
        for (text, cure) in [
            ("6000", "write 127.0.0.1:6000"),
            (":6000", "write 127.0.0.1:6000"),
            ("127.0.0.1", "write 127.0.0.1:6000"),
            ("127.0.0.1:abc", "not a port"),
            ("127.0.0.1:0", "not a port"),
            ("127.0.0.1:70000", "not a port"),
            ("http://localhost:6000", "is a URL"),
            ("127.0.0.1:6000,", "lacks the port"),
            ("127.0.0.1:6000,127.0.0.1:6000", "named twice"),
        ] {
            let error = parse_addrs(text).unwrap_err();
            assert!(error.contains(cure), "{text}: {error}");
        }
    }
}
