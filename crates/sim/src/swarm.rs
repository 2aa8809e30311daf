//! The swarm: each seed draws which faults there are and how often, so that different seeds test different mixes.

use crate::chance::Chance;
use crate::script::Variant;
use std::time::Duration;

/// What a seed has drawn.
#[derive(Clone, Debug)]
pub struct Swarm {
    /// Which script runs.
    pub variant: Variant,
    /// How many phones.
    pub phones: u64,
    /// How many users they belong to.
    pub users: u64,
    /// How long things go wrong.
    pub faults_for: Duration,
    /// The network.
    pub network: NetworkWeather,
    /// Connections.
    pub streams: StreamWeather,
    /// The database.
    pub database: DatabaseWeather,
    /// How often the proxy is killed.
    pub kills: u64,
    /// How often it is stopped cleanly.
    pub stops: u64,
    /// How often it stands still.
    pub stalls: u64,
    /// Whether the wall clock is another one after a restart.
    pub clock_jumps: bool,
    /// How often the wall clock is set while the proxy runs.
    pub clock_steps: u64,
    /// How often the proxy looks at its timers.
    pub tick: Duration,
    /// How many strangers try what they can.
    pub vandals: u64,
    /// What phones do.
    pub manners: Manners,
}

/// What happens to datagrams.
#[derive(Clone, Copy, Debug, Default)]
pub struct NetworkWeather {
    /// In a thousand: lost.
    pub lost: u64,
    /// In a thousand: doubled.
    pub doubled: u64,
    /// In a thousand: late by seconds.
    pub late: u64,
    /// The longest usual delay.
    pub delay_ms: u64,
    /// How often a part is cut off.
    pub cuts: u64,
}

/// Who speaks TCP, and what happens to connections; in a thousand where nothing else is said.
#[derive(Clone, Copy, Debug)]
pub struct StreamWeather {
    /// Phones that do.
    pub phones: u64,
    /// Messages with which a connection breaks: for both ends, or so that one learns of it when it writes.
    pub breaks: u64,
    /// Messages that arrive in parts.
    pub splits: u64,
    /// Connections that are refused.
    pub refused: u64,
    /// How long the proxy waits for one that it opens.
    pub connects_within: Duration,
    /// How long the proxy keeps one that is silent.
    pub idle: Duration,
    /// Whether connections stand for the port that their phone listens on (RFC 5923).
    pub aliases: bool,
    /// What strangers send by TCP.
    pub strangers: u64,
}

/// What happens to queries.
#[derive(Clone, Copy, Debug, Default)]
pub struct DatabaseWeather {
    /// The longest usual time of a query.
    pub delay_ms: u64,
    /// In a thousand: refused.
    pub refused: u64,
    /// In a thousand: done, but the answer is lost.
    pub unheard: u64,
    /// How often it is out of reach for a while.
    pub downs: u64,
}

/// How phones behave, in a thousand where nothing else is said.
#[derive(Clone, Copy, Debug, Default)]
pub struct Manners {
    /// The longest pause between two calls of a phone.
    pub pause_s: u64,
    /// The longest lifetime of a registration.
    pub expires_s: u64,
    /// Callers that cancel.
    pub cancels: u64,
    /// Calls that are changed by another INVITE.
    pub reinvites: u64,
    /// Phones that crash now and then.
    pub crashes: u64,
    /// Phones that remove their contact now and then.
    pub unregisters: u64,
    /// Phones whose contact is a host name.
    pub names: u64,
    /// Phones that use a nonce again.
    pub keeps_nonce: u64,
    /// Requests sent again long after their end, with a wrong CSeq, and the like.
    pub mischief: u64,
    /// Callees that are not there though they are registered.
    pub silent: u64,
    /// Callees that decline for all phones of their user.
    pub declines: u64,
}

impl Swarm {
    /// Of a seed.
    pub fn of(seed: u64) -> Swarm {
        let swarm = Swarm::small(seed);
        let mut draw = Chance::new(seed, 6);
        if draw.happens(5) { swarm.crowded(draw.between(1000, 1500)) } else { swarm }
    }

    /// The same with a crowd of phones, for a few seconds fewer, and with a database that keeps up with them.
    #[must_use]
    pub fn crowded(self, phones: u64) -> Swarm {
        let users = if self.users.is_multiple_of(2) { phones } else { phones / 2 };
        let faults_for = (self.faults_for / 4).max(Duration::from_secs(12));
        let database = DatabaseWeather { delay_ms: 1, ..self.database };
        let manners = Manners { pause_s: self.manners.pause_s.max(20), ..self.manners };
        Swarm { phones, users, faults_for, database, manners, ..self }
    }

    fn small(seed: u64) -> Swarm {
        let mut chance = Chance::new(seed, 1);
        let draw = &mut chance;
        let users = draw.between(2, 8);
        Swarm {
            variant: Variant { has_guards: Chance::new(seed, 7).happens(300), ..Variant::draw(draw) },
            phones: draw.between(users, users * 2),
            users,
            faults_for: Duration::from_secs(draw.between(30, 90)),
            network: NetworkWeather {
                lost: sometimes(draw, 300),
                doubled: sometimes(draw, 200),
                late: sometimes(draw, 60),
                delay_ms: draw.between(1, 150),
                cuts: few(draw, 3),
            },
            streams: StreamWeather::draw(&mut Chance::new(seed, 4)),
            database: DatabaseWeather {
                delay_ms: draw.pick(&[1, 5, 40, 400, 3000]).unwrap_or(1),
                refused: sometimes(draw, 200),
                unheard: if draw.happens(150) { draw.between(1, 100) } else { 0 },
                downs: few(draw, 2),
            },
            kills: few(draw, 2),
            stops: few(draw, 1),
            stalls: few(draw, 2),
            clock_jumps: draw.happens(200),
            clock_steps: few(&mut Chance::new(seed, 8), 3),
            tick: Duration::from_millis(draw.pick(&[10, 20, 50, 100, 100]).unwrap_or(100)),
            vandals: few(draw, 2),
            manners: Manners {
                pause_s: draw.between(4, 40),
                expires_s: draw.pick(&[60, 90, 600, 3600]).unwrap_or(60),
                cancels: sometimes(draw, 500),
                reinvites: sometimes(draw, 400),
                crashes: sometimes(draw, 300),
                unregisters: sometimes(draw, 300),
                names: sometimes(draw, 400),
                keeps_nonce: sometimes(draw, 900),
                mischief: sometimes(draw, 80),
                silent: sometimes(draw, 200),
                declines: sometimes(draw, 200),
            },
        }
    }
}

impl StreamWeather {
    /// Nobody speaks TCP.
    pub const NONE: StreamWeather = StreamWeather {
        phones: 0,
        breaks: 0,
        splits: 0,
        refused: 0,
        connects_within: Duration::from_millis(100),
        idle: Duration::from_secs(120),
        aliases: false,
        strangers: 0,
    };

    fn draw(draw: &mut Chance) -> StreamWeather {
        if draw.happens(500) {
            return StreamWeather::NONE;
        }
        StreamWeather {
            phones: draw.pick(&[200, 500, 800, 1000]).unwrap_or(0),
            breaks: sometimes(draw, 80),
            splits: sometimes(draw, 600),
            refused: sometimes(draw, 200),
            connects_within: Duration::from_millis(draw.pick(&[100, 3000]).unwrap_or(100)),
            idle: Duration::from_secs(draw.pick(&[5, 30, 120]).unwrap_or(120)),
            aliases: draw.happens(400),
            strangers: sometimes(draw, 1000),
        }
    }
}

/// A rate; none at all in half of the swarms.
fn sometimes(chance: &mut Chance, most: u64) -> u64 {
    if chance.happens(500) { chance.between(1, most) } else { 0 }
}

/// A number of faults; none in half of the swarms.
fn few(chance: &mut Chance, most: u64) -> u64 {
    if chance.happens(500) { chance.between(1, most) } else { 0 }
}
