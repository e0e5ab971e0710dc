#include "views/live_views.hpp"

/// Where an item belongs, asked for by the stream and the event lists for every item they show.
namespace ark::views {
namespace {

constexpr std::size_t cold_bytes_max = 8u << 20;

const std::string& subject_or_name(const SpanTable& spans, const Span& span) {
    return span.subject != 0 ? spans.subject(span) : spans.name(span);
}

/// The agent and team in whose subtree the item happened, where the item does not say.
void add_surroundings(items::Context& context, const Story& story, const items::Item& item) {
    if (!item.facts.agent.empty() && !item.facts.team.empty()) return;
    const auto& spans = story.spans();
    const auto& from = spans.find(item.span_id) != nullptr ? item.span_id : item.parent_span_id;
    const auto say = [&](model::Kind kind, std::string_view said, std::string& out) {
        if (!said.empty()) return;
        if (const auto* span = spans.nearest(from, kind)) out = subject_or_name(spans, *span);
    };
    say(model::Kind::agent, item.facts.agent, context.agent);
    say(model::Kind::team, item.facts.team, context.team);
}

/// The query of the strand in which the item happened.
std::uint64_t query_around(const Story& story, const items::Item& item, const Reads& reads, std::uint32_t tenant) {
    const auto* strands = story.strands();
    if (strands == nullptr) return story.query;
    if (!item.facts.query_id.empty()) {
        const auto named = reads.number(keys::query_id(tenant, item.facts.query_id));
        if (named && *named && strands->find(**named) != Strands::unclaimed) return **named;
    }
    return strands->query_of(strands->strand_of(story.spans(), item.span_id, item.parent_span_id));
}

}  // namespace

Result<std::shared_ptr<const Story>> ColdStories::find(const Reads& reads, const StoryKey& key) {
    ARK_TRY(const auto number, reads.number(keys::story(key)));
    if (!number) return std::shared_ptr<const Story>();
    ARK_TRY(auto row, reads.snapshot().get(store::Space::rows, keys::row(keys::row_type(key), key.tenant, *number)));
    if (!row) return std::shared_ptr<const Story>();
    {
        const std::lock_guard lock(mutex_);
        for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
            if (!(entry->key == key)) continue;
            if (entry->row == *row) {
                entries_.splice(entries_.begin(), entries_, entry);
                return entry->story;
            }
            bytes_ -= entry->bytes;
            entries_.erase(entry);
            break;
        }
    }
    ARK_TRY(auto read, read_story(reads.snapshot(), key, *number));
    const std::shared_ptr<const Story> story = std::move(read);
    const std::lock_guard lock(mutex_);
    auto& entry = entries_.emplace_front();
    entry.key = key;
    entry.row = std::move(*row);
    entry.story = story;
    entry.bytes = story->bytes() + entry.row.size();
    bytes_ += entry.bytes;
    while (bytes_ > cold_bytes_max && entries_.size() > 1) {
        bytes_ -= entries_.back().bytes;
        entries_.pop_back();
    }
    return story;
}

std::uint32_t LiveViews::tenant_number(std::string_view name) {
    const std::string key(name);
    {
        const std::shared_lock lock(tenants_mutex_);
        if (const auto known = tenants_.find(key); known != tenants_.end()) return known->second;
    }
    const auto found = reads().tenant(name);
    if (!found || !*found) return 0;  // 0 is nobody's number
    const std::unique_lock lock(tenants_mutex_);
    return tenants_[key] = **found;
}

items::Context LiveViews::context_of(std::string_view tenant, const items::Item& item) {
    items::Context context;
    const auto of_tenant = tenant_number(tenant);
    if (of_tenant == 0) return context;
    if (!item.trace_id.valid()) return context_without_trace(of_tenant, item);
    const auto key = StoryKey::of_trace(of_tenant, item.trace_id);
    std::shared_ptr<const items::Context> published;
    const bool hot = stories_.look_at(key, [&](const Story& story) {
        published = story.context_at(item);
        add_surroundings(context, story, item);
    });
    if (hot) {
        if (published == nullptr) return context;
        auto whole = *published;
        whole.agent = std::move(context.agent);
        whole.team = std::move(context.team);
        return whole;
    }
    const auto reads = this->reads();
    const auto cold = cold_.find(reads, key);
    if (!cold || *cold == nullptr) return context;
    const auto& story = **cold;
    const auto in_session = reads.session(of_tenant, story.session);
    const auto in_query = reads.query(of_tenant, query_around(story, item, reads, of_tenant));
    context =
        ark::views::context_of(story, in_session ? in_session->get() : nullptr, in_query ? in_query->get() : nullptr);
    add_surroundings(context, story, item);
    return context;
}

items::Context LiveViews::context_without_trace(std::uint32_t tenant, const items::Item& item) {
    items::Context context;
    const auto& facts = item.facts;
    if (facts.query_id.empty() && facts.query_name.empty()) return context;
    if (!facts.query_id.empty() && !facts.query_name.empty() && !facts.session_id.empty()) return context;  // says all
    const auto reads = this->reads();
    const auto number = reads.query_number(tenant, facts.query_id.empty() ? facts.query_name : facts.query_id);
    if (!number || !*number) return context;
    const auto query = reads.query(tenant, **number);
    if (!query || *query == nullptr) return context;
    context.query_id = (*query)->id;
    context.query_name = (*query)->name;
    context.query_namespace = (*query)->namespace_;
    context.conversation_id = (*query)->conversation;
    const auto session = reads.session(tenant, (*query)->session);
    if (session && *session != nullptr) context.session_id = (*session)->id;
    return context;
}

bool LiveViews::derives_events(std::string_view tenant, const items::Item& span) {
    if (span.facts.explicit_events) return false;
    const auto of_tenant = tenant_number(tenant);
    if (of_tenant == 0 || !span.trace_id.valid()) return true;
    const auto key = StoryKey::of_trace(of_tenant, span.trace_id);
    bool sends_its_own = false;
    if (stories_.look_at(key, [&](const Story& story) { sends_its_own = story.evented(span.span_id); })) {
        return !sends_its_own;
    }
    const auto cold = cold_.find(reads(), key);
    return !cold || *cold == nullptr || !(*cold)->evented(span.span_id);
}

}  // namespace ark::views
