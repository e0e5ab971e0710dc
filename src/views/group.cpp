#include "views/group.hpp"

#include <algorithm>

namespace ark::views {
namespace {

constexpr std::uint8_t group_version = 1;

void merge_start(std::uint64_t& start, std::uint64_t other) {
    if (other != 0 && (start == 0 || other < start)) start = other;
}

}  // namespace

void QuestionSet::add(const Question& question) {
    const auto known =
        std::find_if(questions_.begin(), questions_.end(), [&](const auto& q) { return q.id == question.id; });
    if (known != questions_.end()) {
        known->asked += question.asked;
        known->closed += question.closed;
        return;
    }
    if (questions_.size() == questions_of_group_max) {
        auto gone = std::find_if(questions_.begin(), questions_.end(), [](const auto& q) { return q.closed > 0; });
        questions_.erase(gone != questions_.end() ? gone : questions_.begin());
    }
    questions_.push_back(question);
}

void QuestionSet::take_back(const Question& question) {
    const auto known =
        std::find_if(questions_.begin(), questions_.end(), [&](const auto& q) { return q.id == question.id; });
    if (known == questions_.end()) return;
    known->asked -= std::min(known->asked, question.asked);
    known->closed -= std::min(known->closed, question.closed);
    if (known->asked == 0 && known->closed == 0) questions_.erase(known);
}

std::uint32_t QuestionSet::pending() const {
    return static_cast<std::uint32_t>(std::count_if(questions_.begin(), questions_.end(),
                                                    [](const auto& q) { return q.asked > 0 && q.closed == 0; }));
}

void QuestionSet::pack(std::string& out) const {
    append_varint(out, questions_.size());
    for (const auto& question : questions_) {
        append_text(out, question.id);
        append_varint(out, question.asked);
        append_varint(out, question.closed);
    }
}

void QuestionSet::unpack(Unpacker& in) {
    questions_.clear();
    for (auto count = in.varint(); count > 0 && in.ok(); --count) {
        auto& question = questions_.emplace_back();
        question.id = in.text();
        question.asked = static_cast<std::uint32_t>(in.varint());
        question.closed = static_cast<std::uint32_t>(in.varint());
    }
}

UsageSplit Group::usage() const {
    const auto& traces = totals[0];
    const auto& part = traces.own.any() || traces.rolled_up.any() ? traces : totals[1];
    return {part.own.usage(), part.rolled_up.usage()};
}

State Group::state(bool is_session, bool quiet) const {
    if (questions.pending() > 0) return State::waiting;
    const bool loose_counts = best_is_loose || best_story == no_number;
    if (totals[0].running + (loose_counts ? totals[1].running : 0) > 0)
        return quiet ? State::interrupted : State::running;
    switch (best_outcome) {
        case Outcome::failed:
            return State::error;
        case Outcome::canceled:
            return is_session ? State::idle : State::canceled;
        default:
            return is_session ? State::idle : State::done;
    }
}

void Group::observe(const Story& story) {
    Seen seen;
    seen.start = story.start;
    seen.end = story.end;
    seen.knowledge = story.knowledge();
    seen.outcome = story.outcome();
    observe(story, seen);
}

void Group::observe(const Story& story, const Seen& seen) {
    rev = std::max(rev, story.rev);
    merge_start(start, seen.start);
    last = std::max(last, seen.end);
    received = std::max(received, story.received);
    if (best_story == no_number || best_story == story.number || seen.knowledge > best_knowledge ||
        (seen.knowledge == best_knowledge && story.number > best_story)) {
        best_story = story.number;
        best_knowledge = seen.knowledge;
        best_outcome = seen.outcome;
        best_is_loose = story.loose();
    }
}

void Group::forget_observed() {
    start = last = received = 0;
    best_story = no_number;
    best_knowledge = Knowledge::none;
    best_outcome = Outcome::done;
    best_is_loose = false;
}

void Group::pack_common(std::string& out) const {
    out.push_back(static_cast<char>(group_version));
    for (const auto value : {rev, start, last, received, best_story + 1})
        append_varint(out, value);
    out.push_back(static_cast<char>(best_knowledge));
    out.push_back(static_cast<char>(best_outcome));
    out.push_back(static_cast<char>(best_is_loose ? 1 : 0));
    for (const auto& part : totals)
        part.pack(out);
    for (const auto& list : names)
        list.pack(out);
    questions.pack(out);
}

void Group::unpack_common(Unpacker& in) {
    if (in.byte() != group_version) in.fail();
    for (auto* value : {&rev, &start, &last, &received, &best_story})
        *value = in.varint();
    --best_story;
    best_knowledge = static_cast<Knowledge>(std::min<std::uint8_t>(in.byte(), 2));
    best_outcome = static_cast<Outcome>(in.byte() & 3);
    best_is_loose = in.byte() != 0;
    for (auto& part : totals)
        part.unpack(in);
    for (auto& list : names)
        list.unpack(in);
    questions.unpack(in);
}

std::size_t Group::bytes_common() const {
    std::size_t sum = 0;
    for (const auto& list : names)
        sum += list.bytes();
    return sum + 512;
}

void Query::observe(const Story& story) {
    if (story.strands() != nullptr) return observe(story, *story.strands());
    Group::observe(story);
    observe(story, static_cast<const Words&>(story));
    if (implicit) name = story.title();
}

void Query::observe(const Story& story, const Words& words) {
    input.offer(words.input, Preview::Prefer::earlier);
    output.offer(words.output, Preview::Prefer::later);
    error.offer(words.error, Preview::Prefer::later);
    if (!words.conversation.empty() && (conversation_story == no_number || story.number <= conversation_story)) {
        conversation = words.conversation;
        conversation_story = story.number;
    }
}

/// Its own part of a trace that it shares with other queries.
void Query::observe(const Story& story, const Strands& strands) {
    Seen seen;
    for (std::size_t i = 0; i < strands.all().size(); ++i) {
        if (!strands.is_part(i, number)) continue;
        const auto& strand = strands.all()[i];
        merge_start(seen.start, strand.start);
        seen.end = std::max(seen.end, strand.end);
        seen.knowledge = std::max(seen.knowledge, strand.knowledge);
        if (i != Strands::unclaimed) seen.outcome = strand.outcome;
        observe(story, static_cast<const Words&>(strand));
    }
    Group::observe(story, seen);
}

void Query::forget_observed() {
    Group::forget_observed();
    input = output = error = Preview();
    conversation.clear();
    conversation_story = no_number;
}

std::string Query::pack() const {
    std::string out;
    out.reserve(512);
    pack_common(out);
    for (const auto* text : {&id, &name, &namespace_, &conversation})
        append_text(out, *text);
    out.push_back(static_cast<char>((implicit ? 1 : 0) | (named_only ? 2 : 0)));
    out.push_back(static_cast<char>(session_source));
    append_varint(out, session + 1);
    append_varint(out, conversation_story + 1);
    append_varint(out, runs.size());
    for (const auto& run : runs) {
        append_varint(out, run.story);
        out.append(run.trace.view());
    }
    for (const auto* preview : {&input, &output, &error})
        preview->pack(out);
    return out;
}

bool Query::unpack(std::string_view row) {
    Unpacker in(row);
    unpack_common(in);
    for (auto* text : {&id, &name, &namespace_, &conversation})
        *text = in.text();
    const auto bits = in.byte();
    implicit = (bits & 1) != 0;
    named_only = (bits & 2) != 0;
    session_source = static_cast<model::SessionSource>(std::min<std::uint8_t>(in.byte(), 3));
    session = in.varint() - 1;
    conversation_story = in.varint() - 1;
    runs.clear();
    for (auto count = in.varint(); count > 0 && in.ok(); --count) {
        auto& run = runs.emplace_back();
        run.story = in.varint();
        in.id(run.trace);
    }
    for (auto* preview : {&input, &output, &error})
        preview->unpack(in);
    return in.ok();
}

std::size_t Query::bytes() const {
    return sizeof(Query) + bytes_common() + runs.capacity() * sizeof(Run) + 3 * preview_bytes_max;
}

void Session::observe(const Story& story) {
    Group::observe(story);
    if (!story.user.empty() && (owner_story == no_number || story.number <= owner_story)) {
        owner = story.user;
        owner_story = story.number;
    }
}

void Session::forget_observed() {
    Group::forget_observed();
    owner.clear();
    owner_story = no_number;
}

std::string Session::pack() const {
    std::string out;
    out.reserve(512);
    pack_common(out);
    for (const auto* text : {&id, &owner, &first_title, &query_names})
        append_text(out, *text);
    append_varint(out, owner_story + 1);
    append_varint(out, queries);
    append_varint(out, first_query + 1);
    conversations.pack(out);
    return out;
}

bool Session::unpack(std::string_view row) {
    Unpacker in(row);
    unpack_common(in);
    for (auto* text : {&id, &owner, &first_title, &query_names})
        *text = in.text();
    owner_story = in.varint() - 1;
    queries = in.varint();
    first_query = in.varint() - 1;
    conversations.unpack(in);
    return in.ok();
}

std::size_t Session::bytes() const {
    return sizeof(Session) + bytes_common() + conversations.bytes() + preview_bytes_max + search_bytes_max;
}

}  // namespace ark::views
