//! Parameter files: TOML in which every number stands with its unit and its source.
//!
//! ```toml
//! [erythrocyte.density]
//! value = 1.098
//! unit = "g/mL"
//! source = "engineering judgement"
//! ```
//!
//! A crate with parameters embeds such a file, reads it into a checked struct with [`ParameterFile::read`], and lets
//! single values be replaced by their path (`erythrocyte.density`). A value that nobody reads is an error, so a file
//! cannot carry a misspelt name that has no effect.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

/// What is wrong with a parameter file.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    /// The text is no TOML.
    #[error("parameter file `{file}` is not valid TOML: {detail}")]
    Syntax {
        /// Which file.
        file: String,
        /// What the TOML reader says.
        detail: String,
    },
    /// An entry lacks a value, unit or source.
    #[error("parameter `{path}` in `{file}` needs `value` (a number), `unit` and `source` (texts)")]
    Entry {
        /// Which file.
        file: String,
        /// The entry's path.
        path: String,
    },
    /// A parameter that the model needs is not there.
    #[error("parameter `{path}` is missing in `{file}`: add it with value, unit (`{unit}`) and source")]
    Missing {
        /// Which file.
        file: String,
        /// The parameter's path.
        path: String,
        /// The unit that is expected.
        unit: String,
    },
    /// A parameter stands in another unit than the model reads.
    #[error("parameter `{path}` in `{file}` is given in `{found}`: give it in `{expected}`")]
    Unit {
        /// Which file.
        file: String,
        /// The parameter's path.
        path: String,
        /// The unit in the file.
        found: String,
        /// The unit that is expected.
        expected: String,
    },
    /// A value is outside what the model can work with.
    #[error("parameter `{path}` in `{file}` is {value}: it must lie within {low} and {high} {unit}")]
    Range {
        /// Which file.
        file: String,
        /// The parameter's path.
        path: String,
        /// The value in the file.
        value: f64,
        /// Smallest value allowed.
        low: f64,
        /// Largest value allowed.
        high: f64,
        /// The unit.
        unit: String,
    },
    /// An entry that no model reads.
    #[error("`{path}` is not a parameter of `{file}`: {hint}")]
    Unknown {
        /// Which file.
        file: String,
        /// The entry's path.
        path: String,
        /// What the reader may have meant.
        hint: String,
    },
}

#[derive(Debug, Clone, PartialEq)]
struct Entry {
    value: f64,
    unit: String,
    source: String,
}

/// The entries of one parameter file, by path.
#[derive(Debug, Clone, PartialEq)]
pub struct ParameterFile {
    name: String,
    entries: BTreeMap<String, Entry>,
}

impl ParameterFile {
    /// The source of a value that [`Self::set`] has replaced.
    pub const SET_BY_USER: &str = "set by the user";

    /// Parses the text of the file called `name` (used in errors).
    ///
    /// # Errors
    /// [`Error::Syntax`] for text that is no TOML, [`Error::Entry`] for an entry without value, unit or source.
    pub fn parse(name: &str, text: &str) -> Result<Self, Error> {
        let table: toml::Table = text
            .parse()
            .map_err(|error: toml::de::Error| Error::Syntax { file: name.to_owned(), detail: error.to_string() })?;
        let mut file = Self { name: name.to_owned(), entries: BTreeMap::new() };
        file.collect("", &table)?;
        Ok(file)
    }

    fn collect(&mut self, prefix: &str, table: &toml::Table) -> Result<(), Error> {
        for (key, value) in table {
            let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
            let bad_entry = || Error::Entry { file: self.name.clone(), path: path.clone() };
            let inner = value.as_table().ok_or_else(bad_entry)?;
            if !inner.contains_key("value") {
                self.collect(&path, inner)?;
                continue;
            }
            let text = |key: &str| inner.get(key).and_then(toml::Value::as_str).map(str::to_owned);
            let value = match &inner["value"] {
                toml::Value::Float(value) => Some(*value),
                #[expect(clippy::cast_precision_loss, reason = "a parameter written as an integer is small")]
                toml::Value::Integer(value) => Some(*value as f64),
                _ => None,
            };
            let (Some(value), Some(unit), Some(source)) = (value, text("unit"), text("source")) else {
                return Err(bad_entry());
            };
            self.entries.insert(path, Entry { value, unit, source });
        }
        Ok(())
    }

    /// Replaces the value of one parameter, in the unit that the file gives it in.
    ///
    /// # Errors
    /// [`Error::Unknown`] when the file has no such parameter.
    pub fn set(&mut self, path: &str, value: f64) -> Result<(), Error> {
        match self.entries.get_mut(path) {
            Some(entry) => {
                entry.value = value;
                entry.source = Self::SET_BY_USER.to_owned();
                Ok(())
            }
            None => Err(self.unknown(path, self.entries.keys().map(String::as_str))),
        }
    }

    fn unknown<'a>(&self, path: &str, known: impl Iterator<Item = &'a str>) -> Error {
        let last = path.rsplit('.').next().unwrap_or(path);
        let near: Vec<_> = known.filter(|known| known.ends_with(last) || known.starts_with(path)).take(3).collect();
        let hint = if near.is_empty() {
            "see the crate's data folder".to_owned()
        } else {
            format!("did you mean {}?", near.join(", "))
        };
        Error::Unknown { file: self.name.clone(), path: path.to_owned(), hint }
    }

    /// Lets `read` take what it needs and then checks that nothing is left over.
    ///
    /// # Errors
    /// Whatever `read` returns, and [`Error::Unknown`] for an entry that it did not read.
    pub fn read<T>(&self, read: impl FnOnce(&mut Reader<'_>) -> Result<T, Error>) -> Result<T, Error> {
        let mut reader = Reader { file: self, read: BTreeSet::new() };
        let value = read(&mut reader)?;
        match self.entries.keys().find(|path| !reader.read.contains(path.as_str())) {
            Some(left_over) => Err(self.unknown(left_over, reader.read.iter().map(String::as_str))),
            None => Ok(value),
        }
    }

    /// Every parameter as (path, value, unit, source), in order of path.
    pub fn entries(&self) -> impl Iterator<Item = (&str, f64, &str, &str)> {
        self.entries
            .iter()
            .map(|(path, entry)| (path.as_str(), entry.value, entry.unit.as_str(), entry.source.as_str()))
    }

    /// SHA-256 over every path, value and unit: two sets with the same hash make the same models.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        let mut hasher = Sha256::new();
        for (path, value, unit, _) in self.entries() {
            hasher.update(path);
            hasher.update([0]);
            hasher.update(value.to_bits().to_le_bytes());
            hasher.update(unit);
            hasher.update([0]);
        }
        hasher.finalize().into()
    }
}

/// Hands out the values of a file and remembers which were read.
#[derive(Debug)]
pub struct Reader<'a> {
    file: &'a ParameterFile,
    read: BTreeSet<String>,
}

impl Reader<'_> {
    /// The value at `path`, which must stand in `unit` and be finite.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Unit`] or [`Error::Range`].
    pub fn number(&mut self, path: &str, unit: &str) -> Result<f64, Error> {
        self.within(path, unit, f64::MIN, f64::MAX)
    }

    /// The value at `path`, which must stand in `unit` and be greater than zero.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Unit`] or [`Error::Range`].
    pub fn positive(&mut self, path: &str, unit: &str) -> Result<f64, Error> {
        self.within(path, unit, f64::MIN_POSITIVE, f64::MAX)
    }

    /// The value at `path`, which must stand in `unit` and lie within `low` and `high`.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Unit`] or [`Error::Range`].
    pub fn within(&mut self, path: &str, unit: &str, low: f64, high: f64) -> Result<f64, Error> {
        let file = &self.file.name;
        let Some(entry) = self.file.entries.get(path) else {
            return Err(Error::Missing { file: file.clone(), path: path.to_owned(), unit: unit.to_owned() });
        };
        if entry.unit != unit {
            return Err(Error::Unit {
                file: file.clone(),
                path: path.to_owned(),
                found: entry.unit.clone(),
                expected: unit.to_owned(),
            });
        }
        if !(low..=high).contains(&entry.value) {
            return Err(Error::Range {
                file: file.clone(),
                path: path.to_owned(),
                value: entry.value,
                low,
                high,
                unit: unit.to_owned(),
            });
        }
        self.read.insert(path.to_owned());
        Ok(entry.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "[pump.error]\nvalue = 2\nunit = \"%\"\nsource = \"data sheet\"\n";

    fn read(text: &str) -> Result<f64, Error> {
        ParameterFile::parse("pump.toml", text)?.read(|reader| reader.within("pump.error", "%", 0.0, 5.0))
    }

    #[test]
    fn a_value_is_read_in_its_unit() {
        assert_eq!(read(TEXT), Ok(2.0));
    }

    #[test]
    fn each_fault_of_a_file_is_named() {
        let message = |text: &str| read(text).unwrap_err().to_string();
        assert!(message("[pump").contains("not valid TOML"));
        assert!(message(&TEXT.replace("source", "sauce")).contains("needs `value`"));
        assert!(message("").contains("`pump.error` is missing"));
        assert!(message(&TEXT.replace('%', "mL")).contains("is given in `mL`: give it in `%`"));
        assert!(message(&TEXT.replace('2', "7")).contains("must lie within 0 and 5 %"));
        assert!(message(&TEXT.replace('2', "nan")).contains("is NaN"));
        let extra = format!("{TEXT}{}", TEXT.replace("pump.", "valve."));
        assert!(message(&extra).contains("`valve.error` is not a parameter of `pump.toml`: did you mean pump.error?"));
    }

    #[test]
    fn setting_a_value_changes_the_hash_and_only_known_paths_can_be_set() {
        let mut file = ParameterFile::parse("pump.toml", TEXT).unwrap();
        let before = file.hash();
        assert!(file.set("pump.eror", 1.0).is_err());
        assert_eq!(file.hash(), before);
        file.set("pump.error", 1.0).unwrap();
        assert_ne!(file.hash(), before);
    }
}
