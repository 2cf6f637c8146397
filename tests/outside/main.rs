//! The program seen from outside: over HTTP and the command line, on both databases, knowing nothing of its
//! inside. Also the rules of the house that a test can check.

mod harness;

mod access;
mod addresses;
mod claims;
mod crashes;
mod cycles;
mod days;
mod description;
mod features;
mod filters;
mod imports;
mod map;
mod moves;
mod places;
mod realignment;
mod records;
mod regions;
mod rights;
mod scenarios;
mod services;
mod storage;
mod territories;
mod tidy;
