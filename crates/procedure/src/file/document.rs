//! A file's text, read, overridden and checked against its table of fields.

use std::collections::BTreeMap;

use leuka_blood::ThreeTier;
use toml::de::{DeTable, DeValue};
use toml::{Spanned, Table, Value};

use super::field::{Field, FileKind, Kind, Preset};
use super::problem::{Problem, Problems};
use crate::protocol::{SPEEDS, TARGETS};

/// Largest file that is read, in bytes; real ones have some kilobytes.
const MAX_BYTES: usize = 1 << 20;
const MAX_TEXT: usize = 200;
const TIERS: [&str; 3] = ["warning", "automatic", "absolute"];

/// A file's name, for messages, and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedText {
    /// The path as the user gave it.
    pub name: String,
    /// The content.
    pub text: String,
}

/// One `--set path=value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// Full path, with the kind of file first.
    pub path: String,
    /// The value as typed.
    pub value: String,
}

impl Override {
    /// Splits `path=value`.
    ///
    /// # Errors
    /// Says what the form is when there is no `=`.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        match text.split_once('=') {
            Some((path, value)) if !path.trim().is_empty() => {
                Ok(Self { path: path.trim().to_owned(), value: value.trim().to_owned() })
            }
            _ => Err(Problem {
                file: "--set".into(),
                line: None,
                field: String::new(),
                message: format!("`{text}` is not of the form path=value, such as donor.weight_kg=74"),
            }),
        }
    }
}

/// A file that has been read and checked: every field holds a value of its kind within its range or is absent.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    kind: FileKind,
    file: String,
    table: Table,
    lines: BTreeMap<String, usize>,
}

impl Document {
    /// Reads the text of the file called `file` and applies those `overrides` that concern its kind.
    ///
    /// # Errors
    /// Every problem of the file that can be told at once.
    pub fn read(kind: FileKind, file: &str, text: &str, overrides: &[Override]) -> Result<Self, Problems> {
        let whole = |line, message| Problem { file: file.to_owned(), line, field: String::new(), message };
        if text.len() > MAX_BYTES {
            return Err(
                whole(None, format!("{} bytes are too many: a file has at most {MAX_BYTES}", text.len())).into()
            );
        }
        let syntax = |error: toml::de::Error| {
            let line = error.span().map(|span| line_of(text, span.start));
            Problems::from(whole(line, format!("not valid TOML: {}", error.message())))
        };
        let spanned = DeTable::parse(text).map_err(syntax)?;
        let table: Table = toml::from_str(text).map_err(syntax)?;
        let mut lines = BTreeMap::new();
        collect_lines(text, "", spanned.get_ref(), &mut lines);
        let mut document = Self { kind, file: file.to_owned(), table, lines };
        document.check_version(text)?;
        document.apply(overrides)?;
        let problems = document.check();
        if problems.is_empty() { Ok(document) } else { Err(Problems(problems)) }
    }

    fn check_version(&self, text: &str) -> Result<(), Problem> {
        let version = self.kind.version();
        match self.table.get("schema") {
            Some(Value::String(found)) if found == version => Ok(()),
            Some(found) => Err(self.problem("schema", format!("is {found}: allowed is \"{version}\""))),
            None if text.trim().is_empty() => {
                Err(self
                    .problem("", format!("is empty: a {} file begins with schema = \"{version}\"", self.kind.name())))
            }
            None => Err(self.problem("schema", format!("is missing: begin the file with schema = \"{version}\""))),
        }
    }

    /// Applies the overrides. One that names a target, or what sets the centrifuge's speed, replaces the file's.
    fn apply(&mut self, overrides: &[Override]) -> Result<(), Problems> {
        let prefix = format!("{}.", self.kind.name());
        let mine: Vec<_> = overrides.iter().filter_map(|over| Some((over.path.strip_prefix(&prefix)?, over))).collect();
        if mine.iter().any(|(path, _)| TARGETS.contains(path)) {
            self.table.remove("target");
        }
        if self.kind == FileKind::Protocol && mine.iter().any(|(path, _)| SPEEDS.contains(path)) {
            SPEEDS.iter().for_each(|path| drop(self.table.remove(*path)));
        }
        for (path, over) in mine {
            let value = self.override_value(path, &over.value)?;
            self.lines.insert(path.to_owned(), 0);
            insert(&mut self.table, path, value).map_err(|message| self.problem(path, message))?;
        }
        Ok(())
    }

    fn override_value(&self, path: &str, text: &str) -> Result<Value, Problem> {
        let field = self.kind.field(path).or_else(|| {
            let (outer, tier) = path.rsplit_once('.')?;
            TIERS.contains(&tier).then(|| self.kind.field(outer)).flatten()
        });
        let Some(field) = field else { return Err(self.unknown(path)) };
        Ok(match field.kind {
            Kind::Number { .. } | Kind::Tiers { .. } => match text.parse::<f64>() {
                Ok(number) => Value::Float(number),
                Err(_) => Value::String(text.to_owned()),
            },
            Kind::Flag => text.parse().map_or_else(|_| Value::String(text.to_owned()), Value::Boolean),
            Kind::Text | Kind::Choice(_) => Value::String(text.trim_matches('"').to_owned()),
        })
    }

    fn check(&self) -> Vec<Problem> {
        let mut found = Vec::new();
        leaves("", &self.table, self.kind, &mut found);
        let mut problems: Vec<_> = found.iter().filter_map(|(path, value)| self.check_leaf(path, value)).collect();
        let required = self.kind.fields().iter().filter(|field| field.preset == Preset::Required);
        problems.extend(
            required
                .filter(|field| lookup(&self.table, field.path).is_none())
                .map(|field| self.problem(field.path, format!("is missing: it must be given, {}", allowed(field)))),
        );
        problems
    }

    fn check_leaf(&self, path: &str, value: &Value) -> Option<Problem> {
        let Some(field) = self.kind.field(path) else { return Some(self.unknown(path)) };
        let wrong = || Some(self.problem(path, format!("is {value}: {}", allowed(field))));
        let within = |low: f64, high: f64, value: &Value| as_number(value).is_some_and(|x| (low..=high).contains(&x));
        match (field.kind, value) {
            (Kind::Number { low, high }, value) if within(low, high, value) => None,
            (Kind::Tiers { low, high }, Value::Table(tiers)) => {
                let given = |name| tiers.get(name).is_none_or(|value| within(low, high, value));
                let unknown = tiers.keys().find(|key| !TIERS.contains(&key.as_str()));
                match unknown {
                    Some(key) => Some(self.problem(path, format!("has no tier `{key}`: {}", allowed(field)))),
                    None if TIERS.into_iter().all(given)
                        && self.tier(path, None).is_none_or(|tier| tier.is_ordered()) =>
                    {
                        None
                    }
                    None => wrong(),
                }
            }
            (Kind::Tiers { low, high }, value) if within(low, high, value) => None,
            (Kind::Flag, Value::Boolean(_)) => None,
            (Kind::Text, Value::String(text)) if text.chars().count() <= MAX_TEXT => None,
            (Kind::Choice(words), Value::String(text)) if words.contains(&text.as_str()) => None,
            _ => wrong(),
        }
    }

    fn unknown(&self, path: &str) -> Problem {
        let known = |field: &&Field| stem(field.path) == stem(path);
        let near: Vec<_> = self.kind.fields().iter().filter(known).map(|field| field.path).collect();
        let hint = match near.as_slice() {
            [] => format!("`leuka schema {}` lists the fields", self.kind.name()),
            near => format!("did you mean `{}`?", near.join("` or `")),
        };
        self.problem(path, format!("is not a field of a {} file: {hint}", self.kind.name()))
    }

    /// A problem with one of this file's fields, at its line.
    #[must_use]
    pub fn problem(&self, path: &str, message: impl Into<String>) -> Problem {
        let (file, line) = match self.line(path) {
            Some(0) => ("--set".to_owned(), None),
            line => (self.file.clone(), line),
        };
        let field = if path.is_empty() { self.kind.name().to_owned() } else { format!("{}.{path}", self.kind.name()) };
        Problem { file, line, field, message: message.into() }
    }

    /// The line of a field, or of the nearest table around it; 0 stands for an override.
    fn line(&self, path: &str) -> Option<usize> {
        let mut path = path;
        loop {
            match (self.lines.get(path), path.rsplit_once('.')) {
                (Some(&line), _) => return Some(line),
                (None, Some((outer, _))) => path = outer,
                (None, None) => return None,
            }
        }
    }

    /// True when the file or an override gives the field.
    #[must_use]
    pub fn gives(&self, path: &str) -> bool {
        lookup(&self.table, path).is_some()
    }

    /// The number at `path`, or its preset; `None` when neither is there.
    #[must_use]
    pub fn number(&self, path: &str) -> Option<f64> {
        match (lookup(&self.table, path), self.kind.field(path)?.preset) {
            (Some(value), _) => as_number(value),
            (None, Preset::Number(preset)) => Some(preset),
            _ => None,
        }
    }

    /// The limit at `path`; what is left out comes from `base`, else from the preset.
    #[must_use]
    pub fn tier(&self, path: &str, base: Option<ThreeTier<f64>>) -> Option<ThreeTier<f64>> {
        let base = base.or(match self.kind.field(path)?.preset {
            Preset::Tiers(warning, automatic, absolute) => Some(ThreeTier { warning, automatic, absolute }),
            _ => None,
        });
        let given = match lookup(&self.table, path) {
            None => return base,
            Some(Value::Table(given)) => given,
            Some(value) => {
                let all = as_number(value)?;
                return Some(ThreeTier { warning: all, automatic: all, absolute: all });
            }
        };
        let part = |name, base: Option<f64>| given.get(name).and_then(as_number).or(base);
        Some(ThreeTier {
            warning: part("warning", base.map(|base| base.warning))?,
            automatic: part("automatic", base.map(|base| base.automatic))?,
            absolute: part("absolute", base.map(|base| base.absolute))?,
        })
    }

    /// The flag at `path`, or its preset.
    #[must_use]
    pub fn flag(&self, path: &str) -> Option<bool> {
        match (lookup(&self.table, path), self.kind.field(path)?.preset) {
            (Some(value), _) => value.as_bool(),
            (None, Preset::Flag(preset)) => Some(preset),
            _ => None,
        }
    }

    /// The text or choice at `path`, or its preset.
    #[must_use]
    pub fn text(&self, path: &str) -> Option<&str> {
        match (lookup(&self.table, path), self.kind.field(path)?.preset) {
            (Some(value), _) => value.as_str(),
            (None, Preset::Text(preset)) => Some(preset),
            _ => None,
        }
    }

    /// The kind of file.
    #[must_use]
    pub const fn kind(&self) -> FileKind {
        self.kind
    }

    /// The table as given (defaults left out), for the run's inputs.
    #[must_use]
    pub fn given(&self) -> &Table {
        &self.table
    }
}

/// What a field allows, in words.
fn allowed(field: &Field) -> String {
    let unit = if field.unit.is_empty() { String::new() } else { format!(" {}", field.unit) };
    match field.kind {
        Kind::Number { low, high } => format!("allowed is a number from {low} to {high}{unit}"),
        Kind::Tiers { low, high } => format!(
            "allowed is a number from {low} to {high}{unit}, or a table of warning, automatic and absolute that run outwards"
        ),
        Kind::Flag => "allowed is true or false".into(),
        Kind::Text => format!("allowed is a text of at most {MAX_TEXT} characters"),
        Kind::Choice(words) => format!("allowed is one of \"{}\"", words.join("\", \"")),
    }
}

/// A field's name without its unit, to find what a misspelt or wrongly united name may have meant: the words that two
/// names share decide.
fn stem(path: &str) -> &str {
    let last = path.rsplit('.').next().unwrap_or(path);
    last.split_once('_').map_or(last, |(first, _)| first)
}

fn as_number(value: &Value) -> Option<f64> {
    match value {
        Value::Float(number) => Some(*number),
        #[expect(clippy::cast_precision_loss, reason = "checked against a range that floats represent")]
        Value::Integer(number) => Some(*number as f64),
        _ => None,
    }
}

fn lookup<'a>(table: &'a Table, path: &str) -> Option<&'a Value> {
    match path.split_once('.') {
        None => table.get(path),
        Some((first, rest)) => lookup(table.get(first)?.as_table()?, rest),
    }
}

fn insert(table: &mut Table, path: &str, value: Value) -> Result<(), String> {
    match path.split_once('.') {
        None => {
            table.insert(path.to_owned(), value);
            Ok(())
        }
        Some((first, rest)) => match table.entry(first).or_insert_with(|| Value::Table(Table::new())) {
            Value::Table(inner) => insert(inner, rest, value),
            other => Err(format!("`{first}` holds {other} already, so `{rest}` cannot be set inside it")),
        },
    }
}

/// Every value that is not a table of fields, with its path.
fn leaves(prefix: &str, table: &Table, kind: FileKind, out: &mut Vec<(String, Value)>) {
    for (key, value) in table {
        let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        match value {
            Value::Table(inner) if kind.has_table(&path) => leaves(&path, inner, kind, out),
            value => out.push((path, value.clone())),
        }
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|&byte| byte == b'\n').count() + 1
}

fn collect_lines(text: &str, prefix: &str, table: &DeTable<'_>, lines: &mut BTreeMap<String, usize>) {
    for (key, value) in table {
        let path = if prefix.is_empty() { key.get_ref().to_string() } else { format!("{prefix}.{}", key.get_ref()) };
        lines.insert(path.clone(), line_of(text, Spanned::span(key).start));
        if let DeValue::Table(inner) = value.get_ref() {
            collect_lines(text, &path, inner, lines);
        }
    }
}
