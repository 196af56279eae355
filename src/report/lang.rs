//! The language of what people read: English or Chinese, each wording beside its translation.

use std::{fmt, str::FromStr};

/// The language of a report. What the record holds as text (causes, whatever a server said) stays as it is, where
/// there is no translation for it;
/// numbers, units and names of metrics are the same in both.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Chinese, simplified.
    Zh,
}

impl Lang {
    /// The language of a locale such as `zh_CN.UTF-8`; English where there is none, or another.
    pub fn of(locale: Option<&str>) -> Self {
        locale.and_then(|locale| locale.parse().ok()).unwrap_or_default()
    }

    /// The wording of this language.
    pub fn pick<'a>(self, english: &'a str, chinese: &'a str) -> &'a str {
        match self {
            Self::En => english,
            Self::Zh => chinese,
        }
    }

    /// The language as HTML names it.
    pub fn tag(self) -> &'static str {
        self.pick("en", "zh-CN")
    }

    /// What stands between a label and what it labels.
    pub(super) fn colon(self) -> &'static str {
        self.pick(": ", "：")
    }

    /// What stands between the parts of an enumeration.
    pub(super) fn comma(self) -> &'static str {
        self.pick(", ", "，")
    }
}

impl fmt::Display for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.pick("en", "zh"))
    }
}

/// `en`, `zh`, and what locales append to them (`zh_CN.UTF-8`).
impl FromStr for Lang {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let lower = text.to_ascii_lowercase();
        match lower.split(['-', '_', '.']).next() {
            Some("en") => Ok(Self::En),
            Some("zh") => Ok(Self::Zh),
            _ => Err(format!("`{text}` is no language of the reports: write en or zh")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_read_as_people_and_locales_write_it() {
        for (text, lang) in
            [("en", Lang::En), ("zh", Lang::Zh), ("zh_CN.UTF-8", Lang::Zh), ("EN-gb", Lang::En)]
        {
            assert_eq!(text.parse(), Ok(lang), "{text}");
        }
        for (locale, lang) in [
            (None, Lang::En),
            (Some("C.UTF-8"), Lang::En),
            (Some("fr_FR.UTF-8"), Lang::En),
            (Some("zh_CN.UTF-8"), Lang::Zh),
        ] {
            assert_eq!(Lang::of(locale), lang, "{locale:?}");
        }
        assert!("klingon".parse::<Lang>().unwrap_err().contains("write en or zh"));
    }
}
