//! Routes that an earlier run wrote.

use std::path::Path;

use plan::{ChangePrice, VisitId};

use crate::Result;
use crate::read::Instance;

pub struct Previous {
    /// By slot, visits in driving order.
    pub orders: Vec<Vec<VisitId>>,
    pub price: ChangePrice,
}

impl Previous {
    /// Each route goes to the slot of its number, and to the next free one where several have the same. Customers that the instance no
    /// longer has are passed over.
    pub fn read(path: &Path, instance: &Instance, price: Option<f64>) -> Result<Self> {
        let problem = &instance.problem;
        let slots = problem.slots().len();
        let mut orders: Vec<Vec<VisitId>> = vec![Vec::new(); slots];
        let mut taken = vec![false; slots];
        let one_day = problem.slots().iter().all(|slot| slot.day == 0);
        for line in std::fs::read_to_string(path)?.lines() {
            let Some(numbers) = line.strip_prefix("R ") else {
                continue;
            };
            let numbers: Vec<usize> = numbers
                .split_whitespace()
                .map(str::parse)
                .collect::<std::result::Result<_, _>>()?;
            let (number, customers) = numbers.split_first().ok_or("a route has no number")?;
            let of_number = (0..slots).find(|&slot| !taken[slot] && instance.number_of(slot) == *number);
            // Elsewhere all routes of a single day have number 0.
            let free = || (0..slots).find(|&slot| one_day && !taken[slot]);
            let slot = of_number
                .or_else(free)
                .ok_or(format!("there is no slot for a route of number {number}"))?;
            taken[slot] = true;
            let visit = |row: &usize| instance.rows.iter().position(|r| r == row);
            orders[slot] = customers
                .iter()
                .filter_map(visit)
                .map(|index| VisitId(index as u32))
                .collect();
        }
        let seconds = match price {
            Some(price) => price * instance.scale,
            None => Self::usual(instance, &orders)?,
        };
        Ok(Self {
            orders,
            price: ChangePrice {
                day: seconds as u32,
                rep: seconds as u32,
            },
        })
    }

    /// A fifth of a mean drive.
    fn usual(instance: &Instance, orders: &[Vec<VisitId>]) -> Result<f64> {
        let (mut drive, mut drives) = (0, 0);
        for (slot, order) in orders.iter().enumerate().filter(|(_, order)| !order.is_empty()) {
            drive += plan::evaluate(&instance.problem, plan::SlotId(slot as u32), order)?
                .drive
                .time
                .0;
            drives += order.len() + 1;
        }
        Ok(f64::from(drive) / drives.max(1) as f64 / 5.0)
    }
}
