//! A source on the command line: a CLI, or one of its further logins.

use std::ffi::OsStr;

use clap::builder::{EnumValueParser, PossibleValue, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Arg, Command, Error};

use crate::model::source::SourceKind;
use crate::model::source_id::SourceId;

/// Reads the name of a source. It knows the names of the CLIs, so that the shells can complete them.
#[derive(Clone, Debug)]
pub struct SourceParser;

impl TypedValueParser for SourceParser {
    type Value = SourceId;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<SourceId, Error> {
        match value.to_str().filter(|text| text.contains(':')) {
            Some(text) => text.parse().map_err(|why| {
                let name = arg.map(ToString::to_string).unwrap_or_default();
                Error::raw(ErrorKind::ValueValidation, format!("invalid value '{text}' for '{name}': {why}\n"))
            }),
            None => EnumValueParser::<SourceKind>::new().parse_ref(command, arg, value).map(SourceId::first),
        }
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let values: Vec<_> = EnumValueParser::<SourceKind>::new().possible_values()?.collect();
        Some(Box::new(values.into_iter()))
    }
}
