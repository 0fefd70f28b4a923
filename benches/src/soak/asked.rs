//! What clients ask, and what they have to be told.

/// A request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) origin: Option<&'static str>,
    pub(crate) is_preflight: bool,
    pub(crate) body: &'static str,
    /// Whether its origin may read: always, never, or by the policy of the moment.
    pub(crate) reads: Reads,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reads {
    Always,
    Never,
    Sometimes,
}

const fn get(path: &'static str, origin: Option<&'static str>, reads: Reads) -> Asked {
    Asked { method: "GET", path, origin, is_preflight: false, body: "", reads }
}

const fn preflight(origin: &'static str, reads: Reads) -> Asked {
    Asked { method: "OPTIONS", path: "/item", origin: Some(origin), is_preflight: true, body: "", reads }
}

/// Asked in turn.
pub(crate) const ALL: [Asked; 10] = [
    get("/item", Some("https://app.example"), Reads::Always),
    preflight("https://app.example", Reads::Always),
    get("/files/photo.png", Some("https://a.partner.example"), Reads::Always),
    get("/item", Some("https://evil.example"), Reads::Never),
    get("/item", None, Reads::Never),
    Asked { method: "PUT", body: "{\"a\":1}", ..get("/item", Some("https://app.example"), Reads::Always) },
    preflight("https://evil.example", Reads::Never),
    get("/files/photo.png", Some("https://evil.example"), Reads::Never),
    get("/item", Some("https://sometimes.example"), Reads::Sometimes),
    preflight("https://sometimes.example", Reads::Sometimes),
];

impl Asked {
    pub(crate) fn head(&self) -> String {
        let mut head = format!("{} {} HTTP/1.1\r\nHost: localhost\r\n", self.method, self.path);
        if let Some(origin) = self.origin {
            head.push_str(&format!("Origin: {origin}\r\n"));
        }
        if self.is_preflight {
            head.push_str(
                "Access-Control-Request-Method: PUT\r\nAccess-Control-Request-Headers: content-type\r\n",
            );
        }
        if !self.body.is_empty() {
            head.push_str(&format!(
                "Content-Length: {}\r\nContent-Type: application/json\r\n",
                self.body.len()
            ));
        }
        head + "\r\n" + self.body
    }

    pub(crate) fn is_of_upstream(&self) -> bool {
        !self.is_preflight && !self.path.starts_with("/files")
    }

    /// What is wrong with an answer's head, whatever its status.
    pub(crate) fn fault(&self, status: u16, head: &str) -> Option<String> {
        let values = |name: &str| -> Vec<String> {
            let of_name = |line: &str| {
                let (own, value) = line.split_once(':')?;
                own.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
            };
            head.lines().filter_map(of_name).collect()
        };
        let say =
            |what: &str| Some(format!("{} {}, {:?}: {what}: {head:?}", self.method, self.path, self.origin));
        let origins = values("access-control-allow-origin");
        let is_read = match (&origins[..], self.reads) {
            ([], Reads::Never | Reads::Sometimes) => false,
            ([own], Reads::Always | Reads::Sometimes) if Some(&**own) == self.origin => true,
            _ => return say("Access-Control-Allow-Origin"),
        };
        let expected: &[&str] = if is_read { &["true"] } else { &[] };
        if values("access-control-allow-credentials") != expected {
            return say("Access-Control-Allow-Credentials");
        }
        let vary = values("vary").join(",").to_ascii_lowercase();
        if !vary.split(',').any(|name| name.trim() == "origin") {
            return say("Vary");
        }
        let ages = values("access-control-max-age");
        let is_age = match (&ages[..], self.is_preflight && is_read) {
            ([], false) => true,
            ([age], true) => age == "600" || age == "601",
            _ => false,
        };
        if !is_age {
            return say("Access-Control-Max-Age");
        }
        let is_status = match (self.is_preflight, self.is_of_upstream()) {
            (true, _) => status == 204,
            (_, true) => status == 200 || status == 502,
            _ => status == 200,
        };
        if is_status { None } else { say("the status") }
    }
}
