#include "views/heads.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <functional>

namespace ark::views {
namespace {

constexpr std::size_t text_bytes_max = 320;

std::uint32_t hash_of(NameKind kind, std::string_view name) {
    const auto hash = std::hash<std::string_view>()(clip(name, name_bytes_max));
    return static_cast<std::uint32_t>(hash >> 7) * 4 + static_cast<std::uint32_t>(kind);
}

Head of_group(const Group& group, bool is_session) {
    Head head;
    head.number = group.number;
    head.tenant = group.tenant;
    head.start = group.start;
    head.last = group.last;
    head.received = group.received;
    head.gone = group.empty();
    const auto& told = group.told();
    head.failed = told.errors > 0;
    for (std::size_t kind = 0; kind < told.by_kind.size(); ++kind) {
        if (told.by_kind[kind] != 0) head.kinds = static_cast<std::uint16_t>(head.kinds | 1u << kind);
    }
    head.state = group.state(is_session, false);
    for (std::size_t i = 0; i < name_kind_count; ++i) {
        for (const auto& item : group.names[i].items())
            head.names.push_back(hash_of(static_cast<NameKind>(i), item.name));
    }
    head.names.shrink_to_fit();
    return head;
}

std::string search_text(std::initializer_list<std::string_view> parts) {
    std::string text;
    for (const auto part : parts) {
        if (part.empty() || text.size() >= text_bytes_max) continue;
        text += lower_case(clip(part, text_bytes_max - text.size()));
        text += '\n';
    }
    text.shrink_to_fit();
    return text;
}

}  // namespace

Head Head::of(const Query& query) {
    auto head = of_group(query, false);
    head.session = query.session;
    head.text = search_text({query.id, query.name});
    return head;
}

Head Head::of(const Session& session) {
    auto head = of_group(session, true);
    head.text = search_text({session.id, session.first_title, session.query_names});
    return head;
}

bool Head::has(NameKind kind, std::string_view name) const {
    return std::find(names.begin(), names.end(), hash_of(kind, name)) != names.end();
}

State Head::state_at(std::uint64_t now, std::uint64_t interrupted_after) const {
    return state == State::running && now > received && now - received > interrupted_after ? State::interrupted : state;
}

Heads::Chunks Heads::chunks() const {
    const std::shared_lock lock(mutex_);
    return chunks_;
}

void Heads::put(std::vector<Head> heads) {
    std::sort(heads.begin(), heads.end(), [](const Head& a, const Head& b) { return a.number < b.number; });
    for (auto& head : heads)
        put_one(std::move(head));
}

void Heads::put_one(Head head) {
    const bool is_new = chunks_.empty() || head.number > chunks_.back()->heads.back().number;
    if (is_new && (chunks_.empty() || chunks_.back()->heads.size() == chunk_heads)) {
        auto chunk = std::make_shared<Chunk>();
        chunk->first = head.number;
        chunk->heads.reserve(chunks_.empty() ? 0 : chunk_heads);
        chunk->heads.push_back(std::move(head));
        const std::unique_lock lock(mutex_);
        chunks_.push_back(std::move(chunk));
        if (chunks_.size() > heads_max / chunk_heads) chunks_.erase(chunks_.begin());
        return;
    }
    if (is_new) {
        const std::lock_guard lock(chunks_.back()->mutex);
        chunks_.back()->heads.push_back(std::move(head));
        return;
    }
    auto* chunk = chunk_of(head.number);
    if (chunk == nullptr) return;  // older than the oldest that is kept
    const std::lock_guard lock(chunk->mutex);
    const auto at = position_of(*chunk, head.number);
    if (at != chunk->heads.end() && at->number == head.number) {
        *at = std::move(head);
    } else {
        chunk->heads.insert(at, std::move(head));
    }
}

void Heads::remove(std::uint64_t number) {
    auto* chunk = chunk_of(number);
    if (chunk == nullptr) return;
    const std::lock_guard lock(chunk->mutex);
    const auto at = position_of(*chunk, number);
    if (at == chunk->heads.end() || at->number != number) return;
    Head gone;
    gone.number = number;
    gone.gone = true;
    *at = std::move(gone);
}

Heads::Chunk* Heads::chunk_of(std::uint64_t number) {
    const auto after = std::upper_bound(chunks_.begin(), chunks_.end(), number,
                                        [](std::uint64_t n, const auto& chunk) { return n < chunk->first; });
    return after == chunks_.begin() ? nullptr : (after - 1)->get();
}

std::vector<Head>::iterator Heads::position_of(Chunk& chunk, std::uint64_t number) {
    return std::lower_bound(chunk.heads.begin(), chunk.heads.end(), number,
                            [](const Head& head, std::uint64_t n) { return head.number < n; });
}

std::size_t Heads::bytes() const {
    std::size_t sum = 0;
    for (const auto& chunk : chunks()) {
        const std::lock_guard lock(chunk->mutex);
        sum += chunk->heads.capacity() * sizeof(Head);
        for (const auto& head : chunk->heads)
            sum += head.text.capacity() + head.names.capacity() * sizeof(std::uint32_t);
    }
    return sum;
}

}  // namespace ark::views
