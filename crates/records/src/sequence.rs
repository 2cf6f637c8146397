//! Running numbers: given in the write itself, which is one at a time, so that none is given twice.

use serde_json::{Map, Value};

use crate::catalog::RecordType;
use crate::statement::Statement;
use crate::transaction::Writing;
use crate::write::Failure;
use crate::{Error, Record};

/// The next numbers for new records that bring none. A year is one of UTC.
pub(crate) async fn give_numbers(
    writing: &mut Writing,
    record_type: &RecordType,
    items: &[(Option<&Record>, &Map<String, Value>)],
    values: &mut [Map<String, Value>],
) -> Result<(), Failure> {
    for field in &record_type.fields {
        let Some(prefix) = &field.sequence else { continue };
        let given = |patch: &Map<String, Value>| patch.get(&field.name).is_some_and(|v| !v.is_null());
        let mut last = None;
        for (_, values) in items
            .iter()
            .zip(values.iter_mut())
            .filter(|((_, patch), _)| !given(patch))
        {
            let beginning = format!("{prefix}{}-", year(writing.at.0));
            let next = 1 + match last {
                Some(last) => last,
                None => last_of(writing, record_type, &field.name, &beginning).await?,
            };
            last = Some(next);
            values.insert(field.name.clone(), format!("{beginning}{next:05}").into());
        }
    }
    Ok(())
}

/// The greatest number of a beginning, of present and past records; 0 when there is none.
async fn last_of(
    writing: &mut Writing,
    record_type: &RecordType,
    column: &str,
    beginning: &str,
) -> Result<u64, Error> {
    let mut greatest = 0;
    // Longer is greater: numbers have five digits or more.
    for table in [record_type.table.clone(), record_type.history_table()] {
        let mut statement = Statement::new(
            writing.dialect(),
            format!("select {column} from {table} where {column} >= "),
        );
        statement.bind(beginning).push(&format!(" and {column} < "));
        // `:` is the character after `9`: past everything that goes on with digits.
        let past = format!("{}:", beginning);
        statement
            .bind(&past)
            .push(&format!(" order by length({column}) desc, {column} desc limit 1"));
        for row in statement.fetch_in(&mut writing.tx).await? {
            let number = row.require_text(0)?;
            let digits = number.strip_prefix(beginning).unwrap_or_default();
            greatest = greatest.max(digits.parse().unwrap_or(0));
        }
    }
    Ok(greatest)
}

/// The year of a moment, in UTC. H. Hinnant, "chrono-Compatible Low-Level Date Algorithms": civil_from_days.
fn year(millis: i64) -> i64 {
    let days = millis.div_euclid(86_400_000) + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    // Years begin in March here; January and February belong to the next.
    year + era * 400 + i64::from(of_year >= 306)
}

#[cfg(test)]
mod tests {
    #[test]
    fn years_change_at_midnight_of_the_first_of_january() {
        for (millis, year) in [
            (0, 1970),
            (-1, 1969),
            (1_767_225_599_999, 2025),
            (1_767_225_600_000, 2026),
            (1_709_164_800_000, 2024),
            (1_735_689_599_999, 2024),
            (1_735_689_600_000, 2025),
        ] {
            assert_eq!(super::year(millis), year, "{millis}");
        }
    }
}
