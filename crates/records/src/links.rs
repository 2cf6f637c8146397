//! What very many records name: pairs of ids by the million. A row that the database hands over one by one costs more than
//! reading it, so they come as a few long texts.

use crate::catalog::Kind;
use crate::db::Dialect;
use crate::filter::Property;
use crate::statement::Statement;
use crate::store::{Query, Store};
use crate::{Error, Viewer};

/// Records and what each names in one field of links.
#[derive(Clone, Debug, Default)]
pub struct Links {
    texts: Vec<String>,
}

impl Links {
    /// The id of each record and the id of what it names, in no order; records that name nothing are left out.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let lines = self.texts.iter().flat_map(|text| text.lines());
        lines
            .filter_map(|line| line.split_once('\t'))
            .filter(|(_, names)| !names.is_empty())
    }
}

impl Store {
    pub(crate) async fn read_links(
        &self,
        viewer: &Viewer,
        query: &Query,
        field: &str,
    ) -> Result<Links, Error> {
        let record_type = self.record_type(&query.type_name)?;
        if !matches!(
            record_type.property(field)?,
            Property::Column { kind: Kind::Link, .. }
        ) {
            return Err(Error::BadField(format!(
                "{}.{field} is no link",
                record_type.name
            )));
        }
        let dialect = self.db().dialect();
        // No id has a tab or a new line in it. PostgreSQL's texts end at a gigabyte: by the last two letters there are up to
        // 256 of them. Where nothing is named says the text: a condition would lead SQLite through an index.
        let line = format!("row0.id || '\t' || coalesce(row0.{field}, '')");
        let (select, group) = match dialect {
            Dialect::Sqlite => (format!("select group_concat({line}, '\n') "), ""),
            Dialect::Postgres => (
                format!("select string_agg({line}, '\n') "),
                " group by right(row0.id, 2)",
            ),
        };
        let filter = query.filter.as_ref();
        let mut asking = self.asking(viewer, query.at, record_type, filter).await?;
        let mut whole = Statement::new(dialect, select);
        asking.push_from(&mut whole, record_type, filter)?;
        whole.push(group);
        let rows = self.fetch_in_parts(viewer, whole, query.at, record_type).await?;
        let mut texts = Vec::new();
        for row in &rows {
            // Of no record at all nothing is put together.
            texts.extend(row.text(0)?);
        }
        Ok(Links { texts })
    }
}
