#pragma once
#include "base/random.hpp"
#include "base/time.hpp"
#include "llm/chat.hpp"
#include "net/http_client.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <variant>

namespace ark::llm {

/// Why a call failed, in the words of the event dictionary (docs/events.md, errorType of LLMCallError).
enum class ErrorType { rate_limit, timeout, api_error, auth, bad_request, content_filter, canceled };
std::string_view name(ErrorType type);

struct Failure {
    ErrorType type = ErrorType::api_error;
    Error error;             ///< may quote the provider, never the request
    bool retryable = false;  ///< by nature; the model has done so already
    int http_status = 0;     ///< 0: no answer came
    std::string code;        ///< the provider's own
    std::optional<std::chrono::milliseconds> retry_after;
};

struct ChatOutcome {
    std::variant<ChatReply, Failure> result;
    unsigned attempts = 1;

    bool ok() const { return std::holds_alternative<ChatReply>(result); }
    const ChatReply& reply() const { return std::get<ChatReply>(result); }
    const Failure& failure() const { return std::get<Failure>(result); }
};

/// Build it as a named object and move it in (g++ 12, docs/hacking.md).
struct CallOptions {
    net::Fields fields;                          ///< traceparent, tracestate, baggage, per-call headers
    std::chrono::milliseconds timeout{0};        ///< of the call with all its attempts; 0: the model's only
    std::stop_token stop;                        ///< any thread; closes the socket
    std::function<void(const Delta&)> on_delta;  ///< set: the answer is streamed; on the caller's executor
    /// Before each wait for another attempt: what failed, and how long the wait will be.
    std::function<void(const Failure&, std::chrono::milliseconds)> on_retry;
};

/// Answers conversations. Used from one io_context; calls may overlap.
class Model {
public:
    virtual ~Model() = default;
    /// Never throws and never logs what was said. Once a delta was handed on nothing is tried again.
    virtual awaitable<ChatOutcome> chat(ChatRequest request, CallOptions options) = 0;
    /// Whether it would answer now; nothing: it would. Asks what the provider lists where that can be asked, which
    /// costs nothing; says hello to it where the list does not have it. Once: nothing is tried again.
    virtual awaitable<std::optional<Failure>> probe(CallOptions options) = 0;
};

enum class Provider { openai, azure, anthropic };
std::optional<Provider> parse_provider(std::string_view name);

struct RetryPolicy {
    unsigned attempts_max = 3;
    std::chrono::milliseconds first{500};  ///< doubled each time, times a jitter of 0.75 to 1
    std::chrono::milliseconds longest{8'000};
    std::chrono::milliseconds retry_after_max{120'000};  ///< a server that asks for more is not asked again
};

struct ModelConfig {
    Provider provider = Provider::openai;
    std::string model;     ///< the provider's name for it; Azure: the deployment
    std::string base_url;  ///< "https://api.openai.com/v1"; Azure: the resource or …/openai/v1; Anthropic: the host
    std::string api_key;   ///< may be empty: then no credential is sent
    std::string api_version;  ///< Azure: of the classic paths; Anthropic: default 2023-06-01
    net::Fields fields;       ///< sent with every call
    /// Members of the request's body, such as temperature or max_tokens: JSON where the text is, else a string.
    std::vector<std::pair<std::string, std::string>> properties;
    std::chrono::milliseconds timeout{600'000};       ///< of one attempt
    std::chrono::milliseconds idle_timeout{300'000};  ///< without a byte
    std::size_t response_bytes_max = 32u << 20;
    RetryPolicy retry;
};

/// bad_argument: no or a malformed base URL, no model, a property that is the request's own (messages, tools, …).
/// `client`, `clock` and `random` outlive the model.
Result<std::unique_ptr<Model>> make_model(ModelConfig config, net::HttpClient& client, Clock& clock, Random& random);

}  // namespace ark::llm
