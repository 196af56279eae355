//! Which name stands for which request, where several could, and why the others do not.

use super::{
    Doubt, Mapped, Reason, Unmapped,
    declared::{Block, Numbered},
    words::{Answer, Meaning, Unread, meaning, words},
};
use crate::wire::dialect::Kind;

/// The outcome for all blocks of a header.
#[derive(Debug, Default)]
pub(super) struct Choice {
    pub(super) requests: [Option<Mapped>; 8],
    pub(super) acks: [Option<Mapped>; 8],
    pub(super) unmapped: Vec<Unmapped>,
    pub(super) doubts: Vec<Doubt>,
    /// The titles and lines of the blocks that gave a number, the main one first.
    pub(super) blocks: Vec<(String, usize)>,
}

/// A name that means a kind.
struct Candidate {
    /// The place of its block in the order of trust.
    rank: usize,
    meaning: Meaning,
    name: String,
    line: usize,
    number: i64,
}

/// A kind that the harness cannot do without.
pub(super) fn is_required(kind: Kind) -> bool {
    matches!(kind, Kind::Register | Kind::Login | Kind::Chat)
}

/// A kind whose answer the harness cannot do without.
pub(super) fn needs_answer(kind: Kind) -> bool {
    matches!(kind, Kind::Register | Kind::Login)
}

/// Chooses among the names of all blocks.
pub(super) fn choose(blocks: &[Block]) -> Choice {
    let mut choice = Choice::default();
    let candidates = candidates(blocks, &mut choice);
    let mut taken = vec![false; candidates.len()];
    for kind in Kind::ALL {
        let request = request(&candidates, kind);
        if let Some(index) = request {
            taken[index] = true;
            choice.requests[kind as usize] = Some(candidates[index].mapped());
            choice.doubts.extend(candidates[index].doubt());
        } else {
            choice.unmapped.push(Unmapped::Kind(kind));
        }
        let of_other: Vec<u32> = others(&candidates, kind, request);
        let answers = |candidate: &Candidate| {
            let Meaning { kind: named, answer, words, .. } = candidate.meaning;
            named == kind && answer != Answer::No && !of_other.contains(&words)
        };
        let ack = best(&candidates, |index| {
            let candidate = &candidates[index];
            let key = (
                candidate.rank,
                candidate.meaning.answer != Answer::Yes,
                candidate.meaning.distance,
            );
            (!taken[index] && answers(candidate)).then_some(key)
        });
        if let Some(index) = ack {
            taken[index] = true;
            choice.acks[kind as usize] = Some(candidates[index].mapped());
        } else if needs_answer(kind) && request.is_some() {
            choice.unmapped.push(Unmapped::Answer(kind));
        }
    }
    for (candidate, _) in candidates.iter().zip(&taken).filter(|(_, taken)| !**taken) {
        choice.unmapped.push(choice.outranked(candidate));
    }
    choice.doubts.extend(choice.shared_numbers());
    choice.unmapped.sort_by_key(Unmapped::line);
    choice
}

/// The number of the request: a plain name, else one that asks, else, of a kind that could also be missing, one that
/// calls itself an answer because no other number of the kind exists.
fn request(candidates: &[Candidate], kind: Kind) -> Option<usize> {
    let of = |answer: Answer| {
        best(candidates, |index| {
            let candidate = &candidates[index];
            let fits = candidate.meaning.kind == kind && candidate.meaning.answer == answer;
            fits.then_some((candidate.rank, candidate.meaning.distance))
        })
    };
    of(Answer::No)
        .or_else(|| of(Answer::Perhaps))
        .or_else(|| of(Answer::Yes).filter(|_| !is_required(kind)))
}

/// The words of those names for requests of a kind that were not taken and that differ from the one that was: an answer
/// of the same words belongs to them.
fn others(candidates: &[Candidate], kind: Kind, taken: Option<usize>) -> Vec<u32> {
    let own = taken.map(|index| candidates[index].meaning.words);
    let requests = candidates.iter().map(|candidate| candidate.meaning);
    requests
        .filter(|meaning| meaning.kind == kind && meaning.answer == Answer::No)
        .map(|meaning| meaning.words)
        .filter(|words| Some(*words) != own)
        .collect()
}

/// The candidate with the least key; of equal ones the first.
fn best<K: Ord>(candidates: &[Candidate], key: impl Fn(usize) -> Option<K>) -> Option<usize> {
    (0..candidates.len())
        .filter_map(|index| Some((key(index)?, index)))
        .min()
        .map(|(_, index)| index)
}

/// Reads all names. The block that names the most kinds is trusted most, then the other enums, then constants.
fn candidates(blocks: &[Block], choice: &mut Choice) -> Vec<Candidate> {
    let read: Vec<_> = blocks.iter().map(meanings).collect();
    let is_constants = |block: usize| blocks[block].title == "constants";
    let mut order: Vec<usize> = (0..blocks.len()).collect();
    let main =
        order.iter().copied().max_by_key(|block| (kinds(&read[*block]), std::cmp::Reverse(*block)));
    order.sort_by_key(|block| (Some(*block) != main, is_constants(*block), *block));
    let mut found = Vec::new();
    for (rank, block) in order.into_iter().enumerate() {
        let Block { title, line, names } = &blocks[block];
        if kinds(&read[block]) == 0 {
            if !is_constants(block) {
                choice.unmapped.push(Unmapped::Enum { title: title.clone(), line: *line });
            }
            continue;
        }
        choice.blocks.push((title.clone(), *line));
        // What else a file calls constant has nothing to do with messages.
        let names_all = !is_constants(block) || Some(block) == main;
        for (Numbered { name, line, number }, meaning) in names.iter().zip(&read[block]) {
            let refused = match (meaning, number) {
                (Ok(meaning), Some(number)) => {
                    let (meaning, name) = (*meaning, name.clone());
                    found.push(Candidate { rank, meaning, name, line: *line, number: *number });
                    continue;
                }
                (Ok(meaning), None) => Reason::NoValue(meaning.kind),
                (Err(_), _) if !names_all => continue,
                (Err(Unread::Word(word)), _) => Reason::Word(word.clone()),
                (Err(Unread::Together), _) => Reason::NoKind,
            };
            choice.unmapped.push(Unmapped::Name {
                name: name.clone(),
                line: *line,
                number: *number,
                reason: refused,
            });
        }
    }
    found
}

type Read = Result<Meaning, Unread>;

/// How many kinds are meant.
fn kinds(read: &[Read]) -> usize {
    let means = |kind: &Kind| read.iter().flatten().any(|meaning| meaning.kind == *kind);
    Kind::ALL.iter().filter(|kind| means(kind)).count()
}

/// What the names of a block mean. A first word that many of them share (`IM_LOGIN`, `IM_CHAT`) is left out where
/// more kinds are found without it.
fn meanings(block: &Block) -> Vec<Read> {
    const SHARED_BY: usize = 3;
    let words: Vec<Vec<String>> = block.names.iter().map(|entry| words(&entry.name)).collect();
    let whole: Vec<Read> = words.iter().map(|words| meaning(words)).collect();
    let shared = |first: &&String| {
        words.iter().filter(|words| words.first() == Some(first)).count() >= SHARED_BY
    };
    // The first names tell: a prefix that three of them share is among the first few different ones.
    let mut prefixes: Vec<&String> =
        words.iter().filter_map(|words| words.first()).take(16).collect();
    prefixes.dedup();
    let shortened = prefixes.into_iter().filter(shared).map(|prefix| {
        let without = |words: &Vec<String>| match words.split_first() {
            Some((first, rest)) if first == prefix && !rest.is_empty() => meaning(rest),
            _ => meaning(words),
        };
        words.iter().map(without).collect::<Vec<Read>>()
    });
    // Of equal ones the first: `max_by_key` would take the last.
    shortened.fold(whole, |best, next| if kinds(&next) > kinds(&best) { next } else { best })
}

impl Candidate {
    fn mapped(&self) -> Mapped {
        Mapped { number: self.number, name: self.name.clone(), line: self.line }
    }

    /// What makes it a doubtful request.
    fn doubt(&self) -> Option<Doubt> {
        let (kind, name, line) = (self.meaning.kind, self.name.clone(), self.line);
        if self.meaning.answer != Answer::No {
            return Some(Doubt::NamedAsAnswer { kind, name, line });
        }
        self.meaning.is_last_resort().then_some(Doubt::LastResort { kind, name, line })
    }
}

impl Choice {
    fn outranked(&self, candidate: &Candidate) -> Unmapped {
        let kind = candidate.meaning.kind;
        let place = match candidate.meaning.answer {
            Answer::No => &self.requests,
            Answer::Perhaps | Answer::Yes => &self.acks,
        };
        let reason = match &place[kind as usize] {
            Some(winner) => Reason::Outranked { kind, by: winner.clone() },
            None => Reason::AnswerToAnother(kind),
        };
        Unmapped::Name {
            name: candidate.name.clone(),
            line: candidate.line,
            number: Some(candidate.number),
            reason,
        }
    }

    /// Numbers under which two of the chosen names stand: all requests, and the answers that are used.
    fn shared_numbers(&self) -> Vec<Doubt> {
        let used = |kind: &Kind| {
            let ack = self.acks[*kind as usize].as_ref().filter(|_| needs_answer(*kind));
            [self.requests[*kind as usize].as_ref(), ack]
        };
        let mapped: Vec<&Mapped> = Kind::ALL.iter().flat_map(used).flatten().collect();
        let mut shared = Vec::new();
        for (index, first) in mapped.iter().enumerate() {
            for second in mapped[index + 1..].iter().filter(|second| second.number == first.number)
            {
                shared.push(Doubt::SharedNumber {
                    first: (*first).clone(),
                    second: (*second).clone(),
                });
            }
        }
        shared
    }
}
