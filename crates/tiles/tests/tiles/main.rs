//! Tiles seen from outside: an extract goes in, and what an independent reader of vector tiles finds in the
//! pack comes out.

mod coast;
mod demo;
mod drawn;
mod map;
mod random;
mod sections;
mod valid;
