//! Recurrences and moments.

use crate::{Expression, Zone};
use chrono::{Datelike, NaiveDate, NaiveDateTime, Weekday};
use proptest::prelude::*;

fn utc() -> Zone {
    Zone::named("UTC").expect("a zone")
}

fn seconds(moment: &str) -> i64 {
    let moment = NaiveDateTime::parse_from_str(moment, "%Y%m%dT%H%M%S").expect("a moment");
    moment.and_utc().timestamp()
}

#[track_caller]
fn check(recurrence: &str, moments: &[(&str, bool)]) {
    let expression = Expression::parse(recurrence).expect("a recurrence");
    for (moment, contained) in moments {
        assert_eq!(expression.contains(seconds(moment), utc()), *contained, "{recurrence} at {moment}");
    }
}

#[test]
fn once() {
    check(
        "20200605T055135|20200605T230000",
        &[("20200605T055134", false), ("20200605T055135", true), ("20200605T225959", true), ("20200605T230000", false)],
    );
    check("20121101T000000||p30d", &[("20121130T235959", true), ("20121201T000000", false)]);
    check("20121101T000000", &[("20301201T000000", true), ("20121031T235959", false)]);
    check("|20121101T000000", &[("20121031T235959", true), ("20121101T000000", false)]);
}

#[test]
fn office_hours() {
    check(
        "20210104T080000||PT8H|WEEKLY|||MO,TU,WE,TH,FR",
        &[
            ("20210830T073000", false),
            ("20210830T080000", true),
            ("20210830T155959", true),
            ("20210830T160000", false),
            ("20210904T100000", false),
            ("20210101T100000", false),
        ],
    );
}

#[test]
fn nights_reach_into_the_next_day() {
    check(
        "20240101T200000|20240102T070000||daily",
        &[("20240310T195959", false), ("20240310T200000", true), ("20240311T065959", true), ("20240311T070000", false)],
    );
}

#[test]
fn intervals_and_ends() {
    check(
        "20240101T000000||P1D|daily|20240107T000000|3",
        &[("20240101T120000", true), ("20240102T120000", false), ("20240107T120000", true), ("20240110T120000", false)],
    );
    check("20240101T000000||P1D|weekly||2", &[("20240108T000000", false), ("20240115T000000", true)]);
    check("20240131T000000||P1D|monthly", &[("20240229T000000", false), ("20240331T000000", true)]);
    check("20240229T000000||P1D|yearly", &[("20250301T000000", false), ("20280229T120000", true)]);
}

#[test]
fn days_by_number() {
    check(
        "20240101T000000||P1D|monthly|||-1SU,2MO",
        &[("20240825T120000", true), ("20240818T120000", false), ("20240812T120000", true)],
    );
    check("20240101T000000||P1D|monthly||||1,-1", &[("20240430T120000", true), ("20240429T120000", false)]);
    check("20240101T000000||P1D|yearly|||||366", &[("20241231T120000", true), ("20251231T120000", false)]);
    check("20240101T000000||P1D|yearly||||||-1", &[("20241223T120000", true), ("20241224T120000", false)]);
    check("20240101T000000||P1D|yearly||||24||12", &[("20241224T120000", false)]);
    check("20240101T000000||P1D|yearly||||24|||12", &[("20241224T120000", true), ("20241124T120000", false)]);
}

#[test]
fn zones() {
    check(
        "Europe/Bucharest|20200101T090000|20200101T170000||daily",
        &[("20200701T060000", true), ("20200701T140000", false), ("20200101T060000", false), ("20200102T070000", true)],
    );
    check("UTC|20200101T000000Z", &[("20200101T000000", true)]);
}

#[test]
fn operators() {
    let weekly = "20240101T080000|20240101T180000||weekly|||mo,tu,we,th,fr";
    let holiday = "20241224T000000|20241227T000000";
    let both = format!("{weekly} & !{holiday} / Europe/Paris|20250105T000000||PT1H");
    check(&both, &[("20241223T120000", true), ("20241224T120000", false), ("20250104T233000", true)]);
    check(&format!("!({weekly} / {holiday})"), &[("20241224T030000", false), ("20241222T120000", true)]);
}

#[test]
fn what_is_none() {
    for wrong in [
        "",
        "yesterday",
        "20240101",
        "20240101T0800",
        "20241301T000000",
        "20240101T000000||8H",
        "20240101T000000||P",
        "20240101T000000||PT",
        "20240101T000000||P1H",
        "20240101T000000|||hourly",
        "20240101T000000|||weekly||0",
        "20240101T000000|||weekly|||XX",
        "20240101T000000|||monthly||||32",
        "20240101T000000|||||||||||",
        "Mars/Base|20240101T000000",
        "(20240101T000000",
        "20240101T000000 & ",
        "20240101T000000)",
    ] {
        let is_date_alone = wrong == "20240101";
        assert_eq!(Expression::parse(wrong).is_ok(), is_date_alone, "{wrong}");
    }
    assert!(Expression::parse(&"!".repeat(1000)).is_err());
}

proptest! {
    /// A weekly recurrence agrees with the days of a calendar.
    #[test]
    fn weekly_agrees_with_the_calendar(offset in 0i64..4000, second in 0i64..86_400, days in proptest::bits::u8::between(0, 7)) {
        prop_assume!(days != 0);
        let names = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
        let chosen: Vec<&str> = (0..7).filter(|bit| days & (1 << bit) != 0).map(|bit| names[bit]).collect();
        let recurrence = format!("20200101T060000||PT12H|weekly|||{}", chosen.join(","));
        let start = NaiveDate::from_ymd_opt(2020, 1, 1).unwrap();
        let date = start + chrono::Duration::days(offset);
        let moment = date.and_hms_opt(0, 0, 0).unwrap().and_utc().timestamp() + second;
        let in_hours = (6 * 3600..18 * 3600).contains(&second);
        let in_days = days & (1 << date.weekday().num_days_from_monday()) != 0;
        let expression = Expression::parse(&recurrence).unwrap();
        prop_assert_eq!(expression.contains(moment, utc()), in_hours && in_days);
    }

    /// The first and the last such weekday of a month are a week in which there is just one of it.
    #[test]
    fn first_and_last_of_a_month(year in 2000i32..2100, month in 1u32..=12, day in 1u32..=28) {
        let date = NaiveDate::from_ymd_opt(year, month, day).unwrap();
        let moment = date.and_hms_opt(12, 0, 0).unwrap().and_utc().timestamp();
        let contains = |text: &str| Expression::parse(text).unwrap().contains(moment, utc());
        let is_monday = date.weekday() == Weekday::Mon;
        prop_assert_eq!(contains("19990101T000000||P1D|monthly|||1MO"), is_monday && day <= 7);
        let next_is_next_month = (date + chrono::Duration::days(7)).month() != month;
        prop_assert_eq!(contains("19990101T000000||P1D|monthly|||-1MO"), is_monday && next_is_next_month);
    }

    /// No text makes it fail otherwise than by saying so.
    #[test]
    fn any_text_is_read_or_refused(text in "[0-9TPZ|&/!() a-zA-Z,+-]{0,60}", moment in any::<i64>()) {
        if let Ok(expression) = Expression::parse(&text) {
            expression.contains(moment, utc());
        }
    }
}
