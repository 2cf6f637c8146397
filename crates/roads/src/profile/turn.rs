//! What a turn costs by its angle.

use super::Profile;

/// A turn from one road into another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct TurnAt {
    /// Degrees: 0 is straight on, right is positive, −180..=180.
    pub angle: f64,
    /// How many roads meet, in whatever direction they may be driven.
    pub roads: usize,
    /// Back into the road one came from.
    pub u_turn: bool,
    /// On or off a ferry.
    pub boards: bool,
    /// Traffic keeps to the left.
    pub left_hand: bool,
    /// Either road is part of a roundabout.
    pub roundabout: bool,
}

impl Profile {
    /// Seconds a turn takes: a sigmoid of its angle, with a bias for turns across oncoming traffic, as OSRM
    /// fitted it to turns really driven.
    pub(crate) fn turn_seconds(&self, at: TurnAt) -> f64 {
        if at.roads <= 2 && !at.boards && !at.u_turn {
            return 0.0;
        }
        let rules = &self.turn;
        let bias = if at.left_hand {
            1.0 / rules.bias
        } else {
            rules.bias
        };
        let bias = if at.angle >= 0.0 { bias } else { 1.0 / bias };
        let share = at.angle.abs() / 180.0;
        let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
        let mut seconds = rules.penalty * sigmoid(13.0 / bias * share - 6.5 * bias);
        let across = if at.left_hand {
            at.angle > 0.0
        } else {
            at.angle < 0.0
        };
        if across && !at.u_turn && at.roads > 2 && !at.roundabout {
            seconds += rules.oncoming * sigmoid(13.0 * share - 3.25);
        }
        if at.u_turn {
            seconds += rules.u_turn;
        }
        seconds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(angle: f64, change: impl Fn(&mut TurnAt)) -> f64 {
        let mut at = TurnAt {
            angle,
            roads: 4,
            u_turn: false,
            boards: false,
            left_hand: false,
            roundabout: false,
        };
        change(&mut at);
        Profile::car().turn_seconds(at)
    }

    #[test]
    fn sharp_turns_cost_more_and_left_ones_most() {
        assert!(seconds(0.0, |_| ()) < 0.1);
        // 7.5 / (1 + e^−(13 / 1.075 × 0.5 − 6.5 × 1.075)) = 7.5 / (1 + e^0.9410) = 2.105
        assert!((seconds(90.0, |_| ()) - 2.105).abs() < 0.001);
        // 7.5 / (1 + e^−(13 × 1.075 × 0.5 − 6.5 / 1.075)) + 2 / (1 + e^−(6.5 − 3.25)) = 5.394 + 1.925
        assert!((seconds(-90.0, |_| ()) - 7.319).abs() < 0.002);
        assert!(seconds(-90.0, |t| t.left_hand = true) < seconds(90.0, |t| t.left_hand = true));
        assert!(seconds(170.0, |_| ()) > 7.0);
    }

    #[test]
    fn bends_are_free_and_turning_back_is_dear() {
        assert_eq!(seconds(90.0, |t| t.roads = 2), 0.0);
        assert!(seconds(180.0, |t| (t.roads, t.u_turn) = (1, true)) > 27.0);
        assert!(seconds(-90.0, |t| t.roundabout = true) < seconds(-90.0, |_| ()));
    }
}
