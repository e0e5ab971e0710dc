#include "views/fold.hpp"

namespace ark::views {
namespace {

bool is_about_question(const items::Item& item) {
    return item.entry != nullptr && (item.entry->operation == "Question" || item.entry->operation == "Approval");
}

/// Messages, chunks and deletions are a projection's.
bool is_telemetry(const items::Item& item) {
    return item.span != nullptr || item.log != nullptr;
}

}  // namespace

Fold::Fold(store::Kv& kv, HotStories& stories, std::size_t hot_bytes_max, Projection* projection)
    : kv_(kv), stories_(stories), hot_bytes_max_(hot_bytes_max), projection_(projection), ids_(kv) {}

Status Fold::apply(const model::Batch& batch) {
    const auto number = tenant(batch.header().tenant);
    const auto received = batch.header().received;
    return items::for_each_item(batch, [&](const items::Item& item) {
        if (item.offset < progress_.folded) return true;
        if (is_telemetry(item)) apply(number, item, received);
        if (projection_ != nullptr) projection_->apply(batch.header(), item, begins_trace(item));
        return true;
    });
}

void Fold::apply(std::uint32_t tenant, const items::Item& item, UnixNanos received) {
    auto* story = locate(tenant, item);
    if (story == nullptr) return;  // of no trace, query or session: the journal and the stream have it
    touch(*story);
    // What groups must know item by item comes first, on the story as it was before this item.
    const auto named = correlate(*story, item);
    const bool had_conversation = !story->conversation.empty();
    new_names_.clear();
    {
        const std::lock_guard lock(stories_.lock_of(story->key));
        story->apply(item, received.value(), named, new_names_);
    }
    if (item.type == items::ItemType::event) ++progress_.events;
    if (story->session == no_number && story->query == no_number) return;
    auto* in_session = session_of(*story);
    auto* in_query = story->strands() == nullptr ? query_of(*story) : nullptr;
    for (const auto& fresh : new_names_) {
        const auto list = static_cast<std::size_t>(fresh.kind);
        if (in_session != nullptr) in_session->names[list].admit(fresh.name);
        if (in_query != nullptr) in_query->names[list].admit(fresh.name);
    }
    if (!had_conversation && !story->conversation.empty()) {
        story->context_stale = true;
        if (in_session != nullptr) {
            in_session->conversations.admit(story->conversation);
            in_session->conversations.count(story->conversation, Part::traces, 1);
        }
    }
    if (story->strands() != nullptr) follow_strands(*story, item.offset.value() + 1);
    if (is_about_question(item)) note_question(*story, item, named);
}

/// A story is numbered by its first item.
bool Fold::begins_trace(const items::Item& item) const {
    return last_story_ != nullptr && last_story_->number == item.offset.value() &&
           last_story_->key.type == StoryKey::Type::trace && last_story_->key.id == item.trace_id;
}

std::uint32_t Fold::tenant(std::string_view name) {
    const auto known = tenants_.find(std::string(name));
    if (known != tenants_.end()) return known->second;
    const auto key = keys::tenant(name);
    auto number = find_id(key);
    if (number == no_number) {
        number = ++progress_.tenants;
        ids_.put(key, number);
    }
    return tenants_[std::string(name)] = static_cast<std::uint32_t>(number);
}

std::uint64_t Fold::find_id(const std::string& key) {
    return checked(ids_.find(key)).value_or(no_number);
}

Story* Fold::locate(std::uint32_t tenant, const items::Item& item) {
    const auto offset = item.offset.value();
    if (item.trace_id.valid()) return open_story(StoryKey::of_trace(tenant, item.trace_id), offset);
    const auto& facts = item.facts;
    auto of_session = no_number;
    if (!facts.session_id.empty()) of_session = session_number(tenant, facts.session_id, offset);
    if (!facts.query_id.empty() || !facts.query_name.empty()) {
        const auto of_query = query_number(tenant, facts, of_session, offset);
        return open_story(StoryKey::loose(tenant, StoryKey::Type::query, of_query), offset);
    }
    if (of_session == no_number) return nullptr;
    return open_story(StoryKey::loose(tenant, StoryKey::Type::session, of_session), offset);
}

Story* Fold::open_story(const StoryKey& key, std::uint64_t offset) {
    // Spans of a trace come in runs.
    if (last_story_ == nullptr || !(last_story_->key == key)) last_story_ = find_or_create(key, offset);
    return last_story_;
}

Story* Fold::find_or_create(const StoryKey& key, std::uint64_t offset) {
    if (auto* hot = stories_.find(key)) return hot;
    const auto number = checked(ids_.find_story(key)).value_or(no_number);
    if (!failure_) return nullptr;
    if (number != no_number) return load_story(key, number);
    ids_.put_story(key, offset);
    if (key.type == StoryKey::Type::trace) ++progress_.traces;
    return &stories_.insert(std::make_unique<Story>(key, offset));
}

/// Says which of the trace's queries the item names, from 1; 0 = none.
std::uint16_t Fold::correlate(Story& story, const items::Item& item) {
    const auto& facts = item.facts;
    const auto tenant = story.key.tenant;
    const auto offset = item.offset.value();
    const auto rev = offset + 1;

    bool new_source = false;
    if (!facts.session_id.empty() &&
        (facts.session_source > story.own_source || facts.session_id != story.session_seen)) {
        const auto said = session_number(tenant, facts.session_id, offset);
        story.session_seen = facts.session_id;
        if (facts.session_source > story.own_source) {
            new_source = true;
            story.own_source = facts.session_source;
            story.own_session = said;
        }
    }
    if (story.own_session != no_number && story.session == no_number) move_to_session(story, story.own_session, rev);

    using Link = Story::QueryLink;
    std::uint16_t named = 0;
    if (story.key.type == StoryKey::Type::query) {
        if (story.query == no_number)
            move_to_query(story, keys::last_number(story.key.id.view().substr(0, 8)), Link::by_id, rev);
    } else if (story.key.type == StoryKey::Type::trace) {
        const auto link = !facts.query_id.empty()     ? Link::by_id
                          : !facts.query_name.empty() ? Link::by_name
                          : facts.agentic             ? Link::implicit
                                                      : Link::none;
        if (link > story.query_link) {
            const auto number = link == Link::implicit ? create_implicit_query(story, offset)
                                                       : query_number(tenant, facts, story.session, offset);
            move_to_query(story, number, link, rev);
            named = link == Link::by_id ? 1 : 0;
        } else if (link == Link::by_id) {
            const auto* known = query_of(story);
            const bool only = story.strands() == nullptr && known != nullptr && known->id == facts.query_id;
            named = only ? std::uint16_t{1} : strand_named(story, item);
        }
    }
    auto* of_query = query_of(story);
    if (of_query != nullptr && !story.query_named && !facts.query_name.empty() && story.strands() == nullptr) {
        if (of_query->name.empty() && !of_query->implicit) name_query(*of_query, facts, of_query->session);
        story.query_named = true;
    }
    if (of_query != nullptr && story.own_source > of_query->session_source) {
        set_session_of_query(*of_query, story.own_session, story.own_source, rev);
    }
    if (story.strands() != nullptr && new_source) {
        for (const auto number : queries_of(story)) {
            auto* its = query(tenant, number);
            if (its != nullptr && story.own_source > its->session_source)
                set_session_of_query(*its, story.own_session, story.own_source, rev);
        }
    }
    const auto belongs = story.own_session != no_number ? story.own_session
                         : of_query != nullptr          ? of_query->session
                                                        : no_number;
    if (belongs != story.session) move_to_session(story, belongs, rev);
    return named;
}

void Fold::note_question(Story& story, const items::Item& item, std::uint16_t named) {
    if (item.facts.question_id.empty()) return;
    Question question;
    question.id = clip(item.facts.question_id, name_bytes_max);
    const bool asks = item.reason.ends_with("Asked");
    (asks ? question.asked : question.closed) = 1;
    if (story.questions.size() < questions_of_group_max) story.questions.push_back(question);
    if (auto* group = session_of(story)) group->questions.add(question);
    auto of_query = story.query;
    if (auto* strands = story.strands()) {
        if (named == 0) named = strands->strand_of(story.spans(), item.span_id, item.parent_span_id);
        auto& strand = strands->all()[named];
        if (strand.questions.size() < questions_of_group_max) strand.questions.push_back(question);
        of_query = strands->query_of(named);
    }
    if (auto* group = query(story.key.tenant, of_query)) {
        touch(*group);
        group->questions.add(question);
    }
}

std::uint64_t Fold::session_number(std::uint32_t tenant, std::string_view id, std::uint64_t offset) {
    const auto key = keys::session_id(tenant, id);
    const auto known = find_id(key);
    if (known != no_number) return known;
    ids_.put(key, offset);
    ++progress_.sessions;
    auto fresh = std::make_unique<Session>();
    fresh->tenant = tenant;
    fresh->number = offset;
    fresh->id = clip(id, id_bytes_max);
    fresh->rev = offset + 1;
    touch(*fresh);
    sessions_[offset] = std::move(fresh);
    return offset;
}

std::uint64_t Fold::find_by_name(std::uint32_t tenant, const model::Facts& facts, std::uint64_t session) {
    if (session != no_number) {
        const auto known = find_id(keys::query_name(tenant, session, facts.query_namespace, facts.query_name));
        if (known != no_number) return known;
    }
    return find_id(keys::query_name(tenant, no_number, facts.query_namespace, facts.query_name));
}

std::uint64_t Fold::query_number(std::uint32_t tenant, const model::Facts& facts, std::uint64_t session,
                                 std::uint64_t offset) {
    if (facts.query_id.empty()) {
        const auto known = find_by_name(tenant, facts, session);
        if (known != no_number) return known;
        const auto number = create_query(tenant, facts.query_name, facts, offset);
        if (auto* fresh = query(tenant, number)) fresh->named_only = true;
        return number;
    }
    const auto key = keys::query_id(tenant, facts.query_id);
    const auto known = find_id(key);
    if (known != no_number) return known;
    if (const auto* implicit = implicit_query(tenant, facts.query_id)) return implicit->number;
    if (!facts.query_name.empty()) {
        // Known so far by its name only: now it has an id.
        const auto number = find_by_name(tenant, facts, session);
        auto* named = query(tenant, number);
        if (named != nullptr && named->named_only) {
            named->named_only = false;
            named->id = clip(facts.query_id, id_bytes_max);
            touch(*named);
            ids_.put(key, number);
            for (const auto member : members(*named)) {
                auto* of_it = story(tenant, member);
                if (of_it == nullptr) continue;
                touch(*of_it);
                of_it->context_stale = true;
            }
            return number;
        }
    }
    ids_.put(key, offset);
    return create_query(tenant, facts.query_id, facts, offset);
}

std::uint64_t Fold::create_query(std::uint32_t tenant, std::string_view id, const model::Facts& facts,
                                 std::uint64_t offset) {
    ++progress_.queries;
    auto fresh = std::make_unique<Query>();
    fresh->tenant = tenant;
    fresh->number = offset;
    fresh->id = clip(id, id_bytes_max);
    fresh->rev = offset + 1;
    auto& here = *fresh;
    queries_[offset] = std::move(fresh);
    touch(here);
    if (!facts.query_name.empty()) name_query(here, facts, no_number);
    return offset;
}

std::uint64_t Fold::create_implicit_query(Story& story, std::uint64_t offset) {
    const model::Facts nameless;
    create_query(story.key.tenant, story.key.id.hex(), nameless, offset);
    if (auto* fresh = query(story.key.tenant, offset)) fresh->implicit = true;
    return offset;
}

/// Implicit queries are found through the trace that they are called by.
Query* Fold::implicit_query(std::uint32_t tenant, std::string_view id) {
    const auto* its = story_of_implicit(tenant, id);
    auto* found = its != nullptr ? query(tenant, its->query) : nullptr;
    return found != nullptr && found->implicit && found->id == id ? found : nullptr;
}

Story* Fold::story_of_implicit(std::uint32_t tenant, std::string_view id) {
    const auto trace = trace_of_implicit(id);
    if (!trace) return nullptr;
    const auto key = StoryKey::of_trace(tenant, *trace);
    if (auto* hot = stories_.find(key)) return hot;
    const auto number = checked(ids_.find_story(key)).value_or(no_number);
    return number != no_number ? story(tenant, number) : nullptr;
}

/// The newest query of a name is the one that the name means, with and without its namespace, with and without its
/// session.
void Fold::name_query(Query& of_query, const model::Facts& facts, std::uint64_t session) {
    of_query.name = clip(facts.query_name, id_bytes_max);
    of_query.namespace_ = clip(facts.query_namespace, name_bytes_max);
    touch(of_query);
    register_name(of_query, no_number);
    if (session != no_number) register_name(of_query, session);
}

void Fold::register_name(const Query& of_query, std::uint64_t session) {
    ids_.put(keys::query_name(of_query.tenant, session, "", of_query.name), of_query.number);
    if (of_query.namespace_.empty()) return;
    ids_.put(keys::query_name(of_query.tenant, session, of_query.namespace_, of_query.name), of_query.number);
}

}  // namespace ark::views
