//! A shape in a query: whole cells by range, and the rows of border cells that the exact test let in.

use crate::catalog::RecordType;
use crate::condition::{Moment, balanced, push_table, push_validity};
use crate::db::Db;
use crate::shape::{CellRanges, Shape};
use crate::statement::Statement;
use crate::{At, Error};

/// A shape in one query: whole cells, and the rows of border cells that the exact test let in.
pub(crate) struct Cover {
    inside: CellRanges,
    border: Vec<String>,
}

/// A row without a place is neither inside nor outside: the cell in each branch makes it null.
pub(crate) fn push_cover(statement: &mut Statement, alias: &str, cover: &Cover) {
    statement.push("(");
    if cover.inside.is_empty() {
        statement.push(&format!("{alias}.cell = -1"));
    } else {
        push_ranges(statement, alias, &cover.inside);
    }
    if !cover.border.is_empty() {
        statement
            .push(&format!(" or {alias}.id in "))
            .bind_list(cover.border.iter().map(String::as_str));
    }
    statement.push(")");
}

fn push_ranges(statement: &mut Statement, alias: &str, ranges: &[(i64, i64)]) {
    let pushed = balanced(statement, ranges.len(), " or ", &mut |s, i| {
        s.push(&format!("{alias}.cell between "))
            .bind(ranges[i].0)
            .push(" and ")
            .bind(ranges[i].1);
        Ok(())
    });
    debug_assert!(pushed.is_ok(), "ranges have nothing to refuse");
}

/// The border rows of a shape at a moment, tested exactly. Rights do not matter here: the list only
/// narrows what the query itself may see.
pub(crate) async fn cover(db: &Db, record_type: &RecordType, at: At, shape: &Shape) -> Result<Cover, Error> {
    let (inside, border_cells) = shape.cells();
    let mut border = Vec::new();
    if !border_cells.is_empty() {
        let mut statement = Statement::new(db.dialect(), "select b.id, b.lng, b.lat ");
        let moment = Moment::of(at, record_type);
        push_table(&mut statement, record_type, moment, "b");
        push_validity(&mut statement, moment, "b");
        push_ranges(&mut statement, "b", &border_cells);
        for row in statement.fetch(db).await? {
            if let (Some(lng), Some(lat)) = (row.number(1)?, row.number(2)?)
                && let Ok(place) = geom::LngLat::new(lng, lat)
                && shape.contains(place)
            {
                border.push(row.require_text(0)?);
            }
        }
    }
    Ok(Cover { inside, border })
}
