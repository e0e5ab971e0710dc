#pragma once
#include "llm/model.hpp"
#include "net/sse.hpp"

namespace ark::llm {

struct WireRequest {
    std::string url;
    net::Fields fields;
    std::string body;
};

using Parsed = std::variant<ChatReply, Failure>;

/// Puts a streamed answer together again. Fed with events whose borders are the stream's own.
class StreamReader {
public:
    virtual ~StreamReader() = default;
    /// Takes an event and hands on what it adds. A failure ends the answer.
    virtual std::optional<Failure> take(const net::SseEvent& event, const std::function<void(const Delta&)>& on) = 0;
    /// The provider said that nothing follows.
    virtual bool complete() const = 0;
    /// The answer; a retryable failure when it was cut off.
    virtual Parsed finish() = 0;
};

/// How one provider is spoken to. Stateless; knows no sockets.
class Dialect {
public:
    virtual ~Dialect() = default;
    virtual WireRequest write(const ChatRequest& request, bool stream) const = 0;
    virtual Parsed parse(std::string_view body) const = 0;
    virtual std::unique_ptr<StreamReader> reader() const = 0;
    /// The GET that tells whether the provider has the model; nothing: there is none.
    virtual std::optional<WireRequest> write_listing() const = 0;
    /// What the answer (2xx) to it says.
    virtual bool is_listed(std::string_view body) const = 0;
};

std::unique_ptr<Dialect> make_openai(const ModelConfig& config);  ///< Azure too
std::unique_ptr<Dialect> make_anthropic(const ModelConfig& config);

/// Writes each property as a member.
void append_properties(codec::JsonWriter& json, const ModelConfig& config);

// failure.cpp: what went wrong, in our words.
Failure failure_of(const Error& transport);
/// An answer that is not 2xx.
Failure failure_of(int status, const net::Fields& fields, std::string_view body, const Clock& clock);
/// An error object within a stream, or a body, whose status was 200.
Failure failure_of(const codec::JsonValue& error, int status);
/// The provider's answer cannot be understood.
Failure malformed(std::string what);
/// The stream ended before the answer did.
Failure cut_off();

}  // namespace ark::llm
