#include "codec/utf8.hpp"
#include "llm/provider.hpp"
#include "net/sse_reader.hpp"
#include "runtime/sleep.hpp"

#include <algorithm>

namespace ark::llm {

namespace {

using std::chrono::milliseconds;

/// A model behind HTTP: attempts, waits between them, and the reading of answers. What is written and understood is the
/// dialect's.
class HttpModel final : public Model {
public:
    HttpModel(ModelConfig config, std::unique_ptr<Dialect> dialect, net::HttpClient& client, Clock& clock,
              Random& random)
        : config_(std::move(config)), dialect_(std::move(dialect)), client_(client), clock_(clock), random_(random) {}

    awaitable<ChatOutcome> chat(ChatRequest request, CallOptions options) override {
        const auto wire = dialect_->write(request, options.on_delta != nullptr);
        const auto started = clock_.monotonic_nanos();
        const auto left = [&] {
            const auto spent = milliseconds((clock_.monotonic_nanos() - started) / 1'000'000);
            return options.timeout.count() > 0 ? options.timeout - spent : milliseconds::max();
        };
        ChatOutcome outcome;
        for (outcome.attempts = 1;; ++outcome.attempts) {
            bool committed = false;
            const auto limit = std::clamp(left(), milliseconds(1), config_.timeout);
            outcome.result = co_await attempt(wire, options, limit, committed);
            if (outcome.ok()) co_return outcome;
            const auto& failure = outcome.failure();
            if (committed || !failure.retryable || outcome.attempts >= config_.retry.attempts_max) co_return outcome;
            const auto wait = failure.retry_after.value_or(back_off(outcome.attempts));
            if (wait > config_.retry.retry_after_max || wait >= left()) co_return outcome;
            if (options.on_retry) options.on_retry(failure, wait);
            const auto slept = co_await runtime::sleep_for(wait, options.stop);
            if (!slept) {
                outcome.result = failure_of(slept.error());
                co_return outcome;
            }
        }
    }

    awaitable<std::optional<Failure>> probe(CallOptions options) override {
        const auto started = clock_.monotonic_nanos();
        auto limit = options.timeout.count() > 0 ? std::min(options.timeout, config_.timeout) : config_.timeout;
        if (const auto wire = dialect_->write_listing()) {
            auto request = to_http("GET", *wire, options, limit);
            const auto listing = co_await client_.fetch(std::move(request), config_.response_bytes_max);
            // Who is not there for the list is not there for a conversation.
            if (!listing) co_return failure_of(listing.error());
            if (listing->status / 100 == 2 && dialect_->is_listed(listing->body)) co_return std::nullopt;
            // Some list nothing, and some under other names than they answer to.
            limit = std::max(limit - milliseconds((clock_.monotonic_nanos() - started) / 1'000'000), milliseconds(1));
        }
        ChatRequest hello;
        hello.messages.emplace_back().content = "Hello";
        const auto wire = dialect_->write(hello, false);
        options.on_delta = nullptr;
        bool committed = false;
        auto answer = co_await attempt(wire, options, limit, committed);
        if (auto* failure = std::get_if<Failure>(&answer)) co_return std::move(*failure);
        co_return std::nullopt;
    }

private:
    net::HttpRequest to_http(std::string method, const WireRequest& wire, const CallOptions& options,
                             milliseconds limit) const {
        net::HttpRequest request;
        request.method = std::move(method);
        request.url = wire.url;
        request.fields = wire.fields;
        for (const auto& [name, value] : config_.fields)
            request.fields.set(name, value);
        for (const auto& [name, value] : options.fields)
            request.fields.set(name, value);
        request.body = wire.body;
        request.timeout = limit;
        request.idle_timeout = std::min(config_.idle_timeout, limit);
        request.stop = options.stop;
        return request;
    }

    /// `committed`: something of the answer has been handed on.
    awaitable<Parsed> attempt(const WireRequest& wire, const CallOptions& options, milliseconds limit,
                              bool& committed) {
        auto request = to_http("POST", wire, options, limit);
        auto response = co_await client_.send(std::move(request));
        if (!response) co_return failure_of(response.error());
        const auto& fields = (*response)->fields();
        const bool ok = (*response)->status() / 100 == 2;
        // A server that does not stream answers at once: that is an answer too.
        if (ok && options.on_delta && fields.find("content-type").starts_with("text/event-stream")) {
            co_return co_await read_stream(std::move(*response), options, committed);
        }
        const auto body = co_await (*response)->read_all(config_.response_bytes_max);
        if (!body) co_return failure_of(body.error());
        if (!ok) co_return failure_of((*response)->status(), fields, *body, clock_);
        auto parsed = dialect_->parse(*body);
        if (const auto* reply = std::get_if<ChatReply>(&parsed); reply != nullptr && options.on_delta) {
            Delta whole;
            whole.text = reply->message.content;
            whole.reasoning = reply->message.reasoning;
            committed = true;
            if (!(whole.text.empty() && whole.reasoning.empty())) options.on_delta(whole);
        }
        co_return parsed;
    }

    awaitable<Parsed> read_stream(std::unique_ptr<net::HttpResponse> response, const CallOptions& options,
                                  bool& committed) {
        net::SseReader events(std::move(response), config_.response_bytes_max);
        const auto reader = dialect_->reader();
        const auto hand_on = [&](const Delta& delta) {
            committed = true;
            options.on_delta(delta);
        };
        std::size_t bytes = 0;
        while (!reader->complete()) {
            const auto event = co_await events.next();
            if (!event) co_return failure_of(event.error());
            if (!*event) break;
            bytes += (*event)->data.size();
            if (bytes > config_.response_bytes_max)
                co_return failure_of(fail(Errc::too_large, "the model's answer goes on and on"));
            if (auto failure = reader->take(**event, hand_on)) co_return std::move(*failure);
        }
        // The end of the body, which follows at once, lets the connection be kept.
        if (reader->complete()) (void)co_await events.next();
        co_return reader->finish();
    }

    milliseconds back_off(unsigned attempts) {
        auto wait = config_.retry.first;
        for (unsigned i = 1; i < attempts && wait < config_.retry.longest; ++i)
            wait *= 2;
        const auto jittered = static_cast<double>(std::min(wait, config_.retry.longest).count());
        return milliseconds(static_cast<std::int64_t>(jittered * (0.75 + 0.25 * random_.uniform())));
    }

    const ModelConfig config_;
    const std::unique_ptr<Dialect> dialect_;
    net::HttpClient& client_;  // all three outlive us
    Clock& clock_;
    Random& random_;
};

}  // namespace

std::optional<Provider> parse_provider(std::string_view name) {
    if (name == "openai") return Provider::openai;
    if (name == "azure") return Provider::azure;
    if (name == "anthropic") return Provider::anthropic;
    return std::nullopt;
}

void append_properties(codec::JsonWriter& json, const ModelConfig& config) {
    for (const auto& [key, text] : config.properties) {
        json.key(key);
        if (codec::JsonValue::parse(text)) {
            json.raw(text);
        } else {
            json.string(text);
        }
    }
}

Result<std::unique_ptr<Model>> make_model(ModelConfig config, net::HttpClient& client, Clock& clock, Random& random) {
    if (config.model.empty()) return fail(Errc::bad_argument, "a model without a name");
    ARK_TRY_STATUS(net::Url::parse(config.base_url, net::Url::Schemes::http_and_https));
    for (const auto& [key, text] : config.properties) {
        for (const std::string_view own : {"model", "messages", "system", "tools", "stream", "stream_options"}) {
            if (key == own) return fail(Errc::bad_argument, "the property '" + key + "' is the request's own");
        }
        if (!codec::JsonValue::parse(text) && !codec::valid_utf8(text))
            return fail(Errc::bad_argument, "the property '" + key + "' is not UTF-8");
    }
    auto dialect = config.provider == Provider::anthropic ? make_anthropic(config) : make_openai(config);
    return std::unique_ptr<Model>(
        std::make_unique<HttpModel>(std::move(config), std::move(dialect), client, clock, random));
}

}  // namespace ark::llm
