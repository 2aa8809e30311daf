//! A message as people see it: what is wrong, the line with a mark under it, and the line that would work.

use super::secret::Masked;
use super::{Diagnostic, Fix, Severity};
use crate::ast::Span;
use crate::source::{Excerpt, SourceMap};

/// Prints a message, ending with a line end.
pub fn render(diagnostic: &Diagnostic, map: &SourceMap) -> String {
    let mut out = String::new();
    let severity = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    line(&mut out, format_args!("{severity}[{}]: {}", diagnostic.code.id, diagnostic.message));
    let gutter = diagnostic.span.map_or(1, |span| map.place(span.start).line.to_string().len());
    if let Some(span) = diagnostic.span {
        place(&mut out, map, span, gutter);
        excerpt(&mut out, map, span, gutter);
    }
    for note in &diagnostic.notes {
        line(&mut out, format_args!("{:gutter$} = note: {}", "", note.message));
        if let Some(span) = note.span {
            place(&mut out, map, span, gutter);
            excerpt(&mut out, map, span, gutter);
        }
    }
    if let Some(help) = &diagnostic.help {
        line(&mut out, format_args!("{:gutter$} = help: {help}", ""));
    }
    if let Some(fix) = &diagnostic.fix {
        corrected(&mut out, map, fix, gutter);
    }
    out
}

fn place(out: &mut String, map: &SourceMap, span: Span, gutter: usize) {
    let place = map.place(span.start);
    line(out, format_args!("{:gutter$}--> {}:{}:{}", "", place.file, place.line, place.column));
}

fn excerpt(out: &mut String, map: &SourceMap, span: Span, gutter: usize) {
    let number = map.place(span.start).line;
    let Excerpt { text, before, width } = map.excerpt(span);
    let masked = Masked::of(&text);
    let (start, end) = (masked.position(before), masked.position(before + width));
    let (text, before, width) = (masked.text, start, end.saturating_sub(start).max(1));
    line(out, format_args!("{:gutter$} |", ""));
    line(out, format_args!("{number:>gutter$} | {text}"));
    // Tabs stay tabs, so that the mark stands under its text whatever their width.
    let margin: String = text.chars().take(before).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
    line(out, format_args!("{:gutter$} | {margin}{}", "", "^".repeat(width)));
}

/// A sign that stands for a control character.
fn visible(sign: char) -> char {
    match sign {
        '\t' | '\n' => sign,
        '\x7f' => '␡',
        _ if sign.is_ascii_control() => char::from_u32(0x2400 + u32::from(sign)).unwrap_or('\u{fffd}'),
        _ if sign.is_control() => '\u{fffd}',
        _ => sign,
    }
}

/// The line as it would be right; a longer text is shown as the words to write.
fn corrected(out: &mut String, map: &SourceMap, fix: &Fix, gutter: usize) {
    let (first, last) = map.range(fix.span);
    if (first.file, first.line) != (last.file, last.line) || fix.replacement.contains('\n') {
        for text in fix.replacement.lines() {
            line(out, format_args!("{:gutter$} + {text}", ""));
        }
        return;
    }
    let Excerpt { text, before, .. } = map.excerpt(fix.span);
    let replaced = usize::try_from(last.column.saturating_sub(first.column)).unwrap_or(0);
    let start: String = text.chars().take(before).collect();
    let end: String = text.chars().skip(before + replaced).collect();
    line(out, format_args!("{:>gutter$} + {start}{}{end}", first.line, fix.replacement));
}

/// Writes a line without blanks at its end and without passwords. What a terminal would obey is shown instead, sign for
/// sign.
fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.extend(Masked::of(&text.to_string()).text.chars().map(visible));
    out.truncate(out.trim_end_matches([' ', '\t']).len());
    out.push('\n');
}
