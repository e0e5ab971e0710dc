#pragma once
#include "agents/execution.hpp"
#include "emit/audience.hpp"
#include "emit/chunk_streams.hpp"
#include "resources/store.hpp"
#include "runs/lookup.hpp"

#include <memory>
#include <string>

namespace ark::runs {

/// Where the chunks of a query are to go: to the service of the ConfigMap `ark-config-streaming` of its namespace when
/// that is enabled, or to the broker when the query is annotated `ark.mckinsey.com/streaming-enabled: "true"`; the
/// annotation `"false"` means nowhere. Empty: nobody asked, or the place cannot be found, which is logged.
awaitable<std::string> stream_address(Lookup& lookup, const resources::Resource& query, std::string broker);

/// How an Audience knows the query.
std::string audience_key(const resources::Resource& query);

/// The answer of a query as it is written, in the reference's lines: chunks of OpenAI's shape with `ark` beside them
/// (facts: "Streaming chunks"). One run's; one executor.
class LiveAnswer final : public agents::Chunks {
public:
    /// `stream` and `audience` may be null: nobody hears it there. The audience outlives us.
    LiveAnswer(std::unique_ptr<emit::ChunkStream> stream, emit::Audience* audience, const resources::Resource& query,
               const Clock& clock)
        : stream_(std::move(stream)), audience_(audience), query_(query), clock_(clock) {}

    void delta(const emit::Context& context, std::string_view model, const llm::Delta& delta) override;
    void reply(const emit::Context& context, std::string_view model, const llm::ChatReply& reply) override;
    /// The answer is what a participant ended the conversation with: no model said it.
    void last_word(const emit::Context& context, std::string_view text);
    /// The run failed.
    void error(const emit::Context& context, std::string_view message);
    /// The last line: the Query with this status. Nothing follows.
    void end(const codec::JsonValue& status);

private:
    void begin_chunk(codec::JsonWriter& json, std::string_view id, std::string_view model) const;
    void append_ark(codec::JsonWriter& json, const emit::Context& context, std::string_view model) const;

    const std::unique_ptr<emit::ChunkStream> stream_;
    emit::Audience* const audience_;
    const resources::Resource& query_;  // outlives us
    const Clock& clock_;
};

}  // namespace ark::runs
