//! FEEDBACK: a PID controller that lets so much fall that the load stays where the limit says.

/// The controller.
#[derive(Clone, Copy, Debug)]
pub(super) struct Feedback {
    pub(super) gains: Gains,
    /// The load to hold, 0 to 1; none before the first pipe of this kind.
    setpoint: Option<f64>,
    integral: f64,
    last_error: f64,
}

/// How strongly it answers to an error's sum, size and change.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Gains {
    pub(super) integral: f64,
    pub(super) proportional: f64,
    pub(super) derivative: f64,
}

impl Default for Feedback {
    fn default() -> Feedback {
        // The error is negative under too much load, and the share to let fall positive.
        let gains = Gains { integral: -25.0, proportional: 0.0, derivative: 0.0 };
        Feedback { gains, setpoint: None, integral: 0.0, last_error: 0.0 }
    }
}

impl Feedback {
    /// The load to hold, in percent; the last one that a pipe says counts for all.
    pub(super) fn set_limit(&mut self, percent: i32) {
        self.setpoint = Some(f64::from(percent.clamp(0, 100)) / 100.0);
    }

    pub(super) fn set_gains(&mut self, gains: Gains) {
        *self = Feedback { gains, integral: 0.0, last_error: 0.0, ..*self };
    }

    /// Takes the load of the last interval (0 to 1); the share of messages to let fall in the next one, in percent.
    pub(super) fn update(&mut self, load: f64) -> u32 {
        let Some(setpoint) = self.setpoint else { return 0 };
        let Gains { integral, proportional, derivative } = self.gains;
        let error = setpoint - load;
        self.integral += error;
        // What is more than all or less than nothing need not be remembered: it would only delay the way back.
        let most = if integral == 0.0 { 0.0 } else { 100.0 / integral };
        self.integral = self.integral.clamp(most.min(0.0), most.max(0.0));
        let output = proportional * error + integral * self.integral + derivative * (error - self.last_error);
        self.last_error = error;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 100")]
        let percent = output.clamp(0.0, 100.0).round() as u32;
        percent
    }
}

#[cfg(test)]
mod tests {
    use super::{Feedback, Gains};
    use proptest::prelude::*;

    #[test]
    fn the_load_drifts_towards_the_limit() {
        let mut feedback = Feedback::default();
        assert_eq!(feedback.update(1.0), 0, "no pipe has said a limit");
        feedback.set_limit(50);
        // A server that would be at 125 percent if nothing fell.
        let (mut rate, mut load) = (0, 1.25);
        for _ in 0..200 {
            rate = feedback.update(f64::min(load, 1.0));
            load = 1.25 * (1.0 - f64::from(rate) / 100.0);
        }
        assert!((load - 0.5).abs() < 0.02, "{load} at {rate}");
        // When the rush is over, so is the dropping.
        let rates: Vec<u32> = (0..20).map(|_| feedback.update(0.1)).collect();
        assert_eq!(rates.last(), Some(&0), "{rates:?}");
    }

    proptest! {
        #[test]
        fn a_rate_is_a_percentage(
            gains in (-1e3f64..1e3, -1e3f64..1e3, -1e3f64..1e3),
            loads in proptest::collection::vec(0.0f64..1.0, 1..50),
        ) {
            let mut feedback = Feedback::default();
            feedback.set_limit(60);
            feedback.set_gains(Gains { integral: gains.0, proportional: gains.1, derivative: gains.2 });
            for load in loads {
                prop_assert!(feedback.update(load) <= 100);
            }
        }
    }
}
