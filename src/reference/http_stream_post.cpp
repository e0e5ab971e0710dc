#include "codec/json_writer.hpp"
#include "reference/handlers.hpp"
#include "reference/json_lines.hpp"
#include "reference/json_text.hpp"

/// Chunks in: one request for each query that stays open while its model speaks, or one for each chunk.
namespace ark::reference {
namespace {

// A tool call within an answer may take minutes, and nothing is sent meanwhile.
constexpr std::chrono::seconds idle_max = std::chrono::hours(1);

/// What one piece of the body brought.
struct Batch {
    std::vector<std::string> chunks;
    std::uint64_t received = 0;  ///< null counts, but is not kept
    std::uint64_t skipped = 0;   ///< lines that are not JSON
};

void add_line(Batch& batch, std::string_view line) {
    std::string chunk;
    const auto type = append_packed(chunk, line);
    if (!type) {
        ++batch.skipped;
        return;
    }
    ++batch.received;
    if (*type != JsonType::null) batch.chunks.push_back(std::move(chunk));
}

std::string processed(const std::string& query, std::uint64_t chunks) {
    std::string body;
    codec::JsonWriter json(body);
    json.begin_object().field("status", "stream_processed").field("query", query);
    json.field("chunks_received", chunks).end_object();
    return body;
}

/// Appends what came; each piece is durable, and visible to watchers, before the next one is read.
awaitable<Outcome<std::uint64_t>> take_chunks(Call& call) {
    auto hold = call.reserve();
    if (!hold) co_return hold.error();
    JsonLines lines;
    std::uint64_t received = 0;
    for (bool ended = false; !ended;) {
        const auto piece = co_await call.exchange.read_piece(idle_max);
        if (!piece) co_return refusal_of(piece.error());
        ended = piece->empty();
        if (!hold->raise_to(lines.pending_bytes() + piece->size()))
            co_return refusal_of(fail(Errc::overloaded, "too many request bytes in flight"));
        Batch batch;
        const auto visit = [&batch](std::string_view line) { add_line(batch, line); };
        const auto fed = lines.feed(piece->view(), visit);
        if (!fed) co_return refusal_of(fed.error());
        if (ended) lines.finish(visit);
        received += batch.received;
        call.counters().skipped_lines.add(batch.skipped);
        if (batch.chunks.empty()) continue;
        const auto appended = co_await call.store().append_chunks(call.tenant, call.path(0), std::move(batch.chunks));
        if (!appended) co_return refusal_of(appended.error());
        call.acknowledge(*appended);
    }
    co_return received;
}

}  // namespace

awaitable<void> post_chunks(Call& call) {
    const auto coding = call.head().fields.find("content-encoding");
    if (!coding.empty() && coding != "identity") {
        Refusal refusal(415, "REQUEST_ERROR", "chunks are taken as they come: send them without content encoding");
        co_return co_await call.refuse(std::move(refusal));
    }
    const auto received = co_await take_chunks(call);
    if (!received) co_return co_await call.refuse(received.error());
    co_await call.answer(200, processed(call.path(0), *received));
}

}  // namespace ark::reference
