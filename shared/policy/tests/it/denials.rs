//! Which replies deny that a machine wrote them, in ten languages.

use policy::denies_machine;

/// Written before the rows.
const SEEN: &str = include_str!("denials/seen.txt");

/// Written after the rows, and judged once before any row was changed because of it.
const UNSEEN: &str = include_str!("denials/unseen.txt");

/// Texts that were not recognised at first, and some that were.
const MORE: &str = include_str!("denials/more.txt");

/// How many are judged correctly, of how many, and the others.
fn judged(table: &str) -> (usize, usize, Vec<String>) {
    let rows = table.lines().filter(|row| row.starts_with(['+', '-']));
    let wrong = |row: &&str| denies_machine(&row[2..]) != row.starts_with('+');
    let all = rows.clone().count();
    let wrong: Vec<_> = rows.filter(wrong).map(String::from).collect();
    (all - wrong.len(), all, wrong)
}

#[test]
fn recognises_a_machines_denial_in_ten_languages() {
    for table in [SEEN, UNSEEN, MORE] {
        let (right, all, wrong) = judged(table);
        println!("denials: {right} of {all}");
        assert_eq!(wrong, Vec::<String>::new());
    }
}

#[test]
fn each_language_has_ten_of_either_kind() {
    for table in [SEEN, UNSEEN] {
        let mut counts = Vec::new();
        for row in table.lines().filter(|row| !row.starts_with('#')) {
            match (row.split_once(' '), counts.last_mut()) {
                (Some(("+", _)), Some((denials, _))) => *denials += 1,
                (Some(_), Some((_, controls))) => *controls += 1,
                _ => counts.push((0, 0)),
            }
        }
        assert_eq!(counts, [(10, 10); 10]);
    }
}

#[test]
fn typing_hides_no_denial() {
    for text in [
        "I’M NOT A ROBOT!!!",
        "i am **not** a bot",
        "I'm  a\nreal   person",
        "I'm a reeeal person",
        "Ｉ ａｍ ｈｕｍａｎ",
        "Hi Ann - I'm not a bot - which day?",
        "I am a real per\u{200b}son",
        "ICH BIN KEIN ROBOTER",
        "Is it a bot? I’m human!",
    ] {
        assert!(denies_machine(text), "{text}");
    }
}

#[test]
fn a_long_answer_is_judged_quickly() {
    let began = std::time::Instant::now();
    for text in ["I am not ", "no bots ", "a ", "我不是", "?", "\"I am ", "不是"] {
        denies_machine(&text.repeat(20_000 / text.len()));
    }
    assert!(began.elapsed().as_secs() < 10, "{:?}", began.elapsed());
}
