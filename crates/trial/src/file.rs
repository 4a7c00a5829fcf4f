//! Reading cohort and study files: every table of a file is held against its own table of fields, as protocol and donor
//! files are, so that checks, messages and JSON Schema come from one place.

use std::collections::BTreeMap;

use leuka_procedure::file::{Field, Kind, NamedText, Preset, Problem, Problems};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Largest file that is read, in bytes.
const MAX_BYTES: usize = 1 << 20;
const MAX_TEXT: usize = 2000;

/// A number, within a range.
pub(crate) const fn number(
    path: &'static str,
    unit: &'static str,
    low: f64,
    high: f64,
    preset: Preset,
    about: &'static str,
) -> Field {
    Field { path, unit, kind: Kind::Number { low, high }, preset, about }
}

/// A text.
pub(crate) const fn text(path: &'static str, preset: Preset, about: &'static str) -> Field {
    Field { path, unit: "", kind: Kind::Text, preset, about }
}

/// One of some words.
pub(crate) const fn choice(
    path: &'static str,
    words: &'static [&'static str],
    preset: Preset,
    about: &'static str,
) -> Field {
    Field { path, unit: "", kind: Kind::Choice(words), preset, about }
}

/// True or false.
pub(crate) const fn flag(path: &'static str, preset: bool, about: &'static str) -> Field {
    Field { path, unit: "", kind: Kind::Flag, preset: Preset::Flag(preset), about }
}

/// A number, flag or text of a file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Plain {
    Number(f64),
    Flag(bool),
    Text(String),
}

impl std::fmt::Display for Plain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Flag(flag) => flag.fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}

/// The values of one table, checked.
#[derive(Debug, Default)]
pub(crate) struct Values(BTreeMap<&'static str, Plain>);

impl Values {
    pub(crate) fn number(&self, path: &str) -> Option<f64> {
        if let Plain::Number(number) = self.0.get(path)? { Some(*number) } else { None }
    }

    pub(crate) fn text(&self, path: &str) -> Option<String> {
        if let Plain::Text(text) = self.0.get(path)? { Some(text.clone()) } else { None }
    }

    pub(crate) fn flag(&self, path: &str) -> Option<bool> {
        if let Plain::Flag(flag) = self.0.get(path)? { Some(*flag) } else { None }
    }

    /// A whole number, checked to be one that is not negative.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "fields of counts begin at 0")]
    pub(crate) fn count(&self, path: &str) -> Option<u64> {
        self.number(path).map(|number| number as u64)
    }
}

/// A file under reading, with what is wrong so far.
pub(crate) struct Checker<'a> {
    file: &'a NamedText,
    kind: &'static str,
    pub(crate) problems: Vec<Problem>,
}

/// A table inside a file.
pub(crate) type Table<'a> = DeTable<'a>;
/// A value inside a file, with its place.
pub(crate) type Entry<'a> = Spanned<DeValue<'a>>;

impl<'a> Checker<'a> {
    /// Begins to read a file of a kind (`cohort`), whose field `schema` must hold `version`.
    pub(crate) fn open(file: &'a NamedText, kind: &'static str) -> Result<(Self, Spanned<Table<'a>>), Problems> {
        let mut checker = Self { file, kind, problems: Vec::new() };
        if file.text.len() > MAX_BYTES {
            let message = format!("{} bytes are too many: a file has at most {MAX_BYTES}", file.text.len());
            checker.found(None, "", message);
            return Err(Problems(checker.problems));
        }
        match DeTable::parse(&file.text) {
            Ok(table) => Ok((checker, table)),
            Err(error) => {
                checker.found(error.span().map(|span| span.start), "", format!("not valid TOML: {}", error.message()));
                Err(Problems(checker.problems))
            }
        }
    }

    /// Notes a problem at an offset of the text.
    pub(crate) fn found(&mut self, offset: Option<usize>, field: &str, message: impl Into<String>) {
        let line = offset.map(|offset| self.file.text.bytes().take(offset).filter(|&byte| byte == b'\n').count() + 1);
        let field = if field.is_empty() { self.kind.to_owned() } else { format!("{}.{field}", self.kind) };
        self.problems.push(Problem { file: self.file.name.clone(), line, field, message: message.into() });
    }

    /// The problems, or what was read.
    pub(crate) fn finish<T>(self, read: Option<T>) -> Result<T, Problems> {
        match read {
            Some(read) if self.problems.is_empty() => Ok(read),
            _ => Err(Problems(self.problems)),
        }
    }

    /// Holds a table against its fields. Keys named in `inner` are tables or lists that the caller reads.
    pub(crate) fn table(&mut self, at: &str, table: &Table<'_>, fields: &'static [Field], inner: &[&str]) -> Values {
        let mut values = Values::default();
        for (key, value) in table {
            let (name, offset) = (key.get_ref().as_ref(), Some(key.span().start));
            match fields.iter().find(|field| field.path == name) {
                Some(field) => match plain(value).and_then(|plain| fits(field, plain)) {
                    Some(plain) => drop(values.0.insert(field.path, plain)),
                    None => {
                        let message = format!("is {}: {}", shown(value), allowed(field));
                        self.found(offset, &join(at, name), message);
                    }
                },
                None if inner.contains(&name) => {}
                None => {
                    let known: Vec<_> = fields.iter().map(|field| field.path).chain(inner.iter().copied()).collect();
                    self.found(offset, &join(at, name), format!("is no field: allowed are {}", known.join(", ")));
                }
            }
        }
        for field in fields.iter().filter(|field| !table.contains_key(field.path)) {
            match field.preset {
                Preset::Required => {
                    self.found(None, &join(at, field.path), format!("is missing: {}", allowed(field)));
                }
                Preset::Number(number) => drop(values.0.insert(field.path, Plain::Number(number))),
                Preset::Flag(flag) => drop(values.0.insert(field.path, Plain::Flag(flag))),
                Preset::Text(text) => drop(values.0.insert(field.path, Plain::Text(text.to_owned()))),
                Preset::Optional(_) | Preset::Tiers(..) => {}
            }
        }
        values
    }

    /// The tables inside the table `name`, each with its key and place; none where it is left out.
    pub(crate) fn tables<'t>(&mut self, table: &'t Table<'_>, name: &str) -> Vec<(String, usize, &'t Table<'t>)> {
        let Some(inner) = table.get(name) else { return Vec::new() };
        let DeValue::Table(inner_table) = inner.get_ref() else {
            self.found(Some(inner.span().start), name, "is no table: write [table.key] with its fields below");
            return Vec::new();
        };
        let mut tables = Vec::new();
        for (key, value) in inner_table {
            match value.get_ref() {
                DeValue::Table(table) => tables.push((key.get_ref().to_string(), key.span().start, table)),
                _ => self.found(Some(key.span().start), &join(name, key.get_ref()), "is no table of fields"),
            }
        }
        tables
    }

    /// The tables of the list `name`, each with its place; none where it is left out.
    pub(crate) fn list<'t>(&mut self, table: &'t Table<'_>, name: &str) -> Vec<(usize, &'t Table<'t>)> {
        let Some(list) = table.get(name) else { return Vec::new() };
        let mut tables = Vec::new();
        match list.get_ref() {
            DeValue::Array(entries) => {
                for entry in entries {
                    match entry.get_ref() {
                        DeValue::Table(table) => tables.push((entry.span().start, table)),
                        _ => self.found(Some(entry.span().start), name, format!("is no table: write [[{name}]]")),
                    }
                }
            }
            _ => self.found(Some(list.span().start), name, format!("is no list: write [[{name}]]")),
        }
        tables
    }

    /// The plain values of the table `name`, in order of key; none where it is left out.
    pub(crate) fn plains(&mut self, at: &str, table: &Table<'_>, name: &str) -> Vec<(String, usize, Plain)> {
        let Some(inner) = table.get(name) else { return Vec::new() };
        let path = join(at, name);
        let DeValue::Table(inner_table) = inner.get_ref() else {
            self.found(Some(inner.span().start), &path, "is no table of paths and values");
            return Vec::new();
        };
        let mut values = Vec::new();
        self.flatten("", &path, inner_table, &mut values);
        values
    }

    fn flatten(&mut self, prefix: &str, path: &str, table: &Table<'_>, values: &mut Vec<(String, usize, Plain)>) {
        for (key, value) in table {
            let name = join(prefix, key.get_ref());
            match (value.get_ref(), plain(value)) {
                (DeValue::Table(inner), _) => self.flatten(&name, path, inner, values),
                (_, Some(plain)) => values.push((name, key.span().start, plain)),
                _ => self.found(Some(key.span().start), &join(path, &name), "is no number, text, true or false"),
            }
        }
    }

    /// The plain values of the list `name`; `None` where it is left out.
    pub(crate) fn values(&mut self, at: &str, table: &Table<'_>, name: &str) -> Option<(usize, Vec<Plain>)> {
        let list = table.get(name)?;
        let offset = list.span().start;
        let DeValue::Array(entries) = list.get_ref() else {
            self.found(Some(offset), &join(at, name), "is no list of values");
            return None;
        };
        let values: Option<Vec<Plain>> = entries.iter().map(plain).collect();
        if values.is_none() {
            self.found(Some(offset), &join(at, name), "holds something else than numbers, texts, true or false");
        }
        values.map(|values| (offset, values))
    }
}

/// Two parts of a path.
pub(crate) fn join(at: &str, name: &str) -> String {
    if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") }
}

fn plain(value: &Entry<'_>) -> Option<Plain> {
    Some(match value.get_ref() {
        DeValue::Float(number) => Plain::Number(number.as_str().replace('_', "").parse().ok()?),
        DeValue::Integer(number) => Plain::Number(number.as_str().replace('_', "").parse().ok()?),
        DeValue::Boolean(flag) => Plain::Flag(*flag),
        DeValue::String(text) => Plain::Text(text.to_string()),
        _ => return None,
    })
}

fn fits(field: &Field, plain: Plain) -> Option<Plain> {
    let fits = match (&field.kind, &plain) {
        (Kind::Number { low, high }, Plain::Number(number)) => (*low..=*high).contains(number),
        (Kind::Flag, Plain::Flag(_)) => true,
        (Kind::Text, Plain::Text(text)) => text.chars().count() <= MAX_TEXT,
        (Kind::Choice(words), Plain::Text(text)) => words.contains(&text.as_str()),
        _ => false,
    };
    fits.then_some(plain)
}

fn shown(value: &Entry<'_>) -> String {
    plain(value).map_or_else(|| "a table or a list".to_owned(), |plain| format!("`{plain}`"))
}

/// What a field allows, in words.
pub(crate) fn allowed(field: &Field) -> String {
    let unit = if field.unit.is_empty() { String::new() } else { format!(" {}", field.unit) };
    match field.kind {
        Kind::Number { low, high } | Kind::Tiers { low, high } => {
            format!("allowed is a number from {low} to {high}{unit}")
        }
        Kind::Flag => "allowed is true or false".to_owned(),
        Kind::Text => format!("allowed is a text of at most {MAX_TEXT} characters"),
        Kind::Choice(words) => format!("allowed is one of \"{}\"", words.join("\", \"")),
    }
}
