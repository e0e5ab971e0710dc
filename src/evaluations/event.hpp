#pragma once
#include "base/time.hpp"
#include "codec/json_value.hpp"
#include "model/dictionary.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Events as evaluations see them, whichever producer told them in whichever shape.
namespace ark::evaluations {

using codec::JsonValue;

/// One event, normalised: what helpers ask for is decoded once.
struct Event {
    std::string id;      ///< what makes two deliveries the same event: its uid, or its place in a journal; may be empty
    std::string reason;  ///< as delivered
    std::string canonical;  ///< the dictionary's name of it: "ResolveStart" and "QueryResolveStart" are one
    std::string operation;  ///< "ToolCall"
    model::Phase phase = model::Phase::none;

    std::string query_id;
    std::vector<std::string> query_names;  ///< other names its query answers to
    std::string session;                   ///< its own word, else that of other events of its query (EventLog)

    std::string timestamp;     ///< as delivered
    UnixNanos time;            ///< its own; 0: says none
    UnixNanos ordered_at;      ///< its own, else its predecessor's (EventLog): what order and distances go by
    std::size_t position = 0;  ///< in the log
    std::optional<double> duration_seconds;
    bool failed = false;  ///< an Error, or a Complete that says it was no success

    JsonValue value;  ///< as expressions see it: as delivered, with the flat `metadata`

    const JsonValue& metadata() const { return value["metadata"]; }
    /// The first of the keys whose value is a non-empty text; empty when there is none.
    std::string_view text(std::span<const std::string_view> keys) const;
    bool ended() const {
        return phase == model::Phase::complete || phase == model::Phase::error || phase == model::Phase::canceled;
    }
    bool succeeded() const { return phase == model::Phase::complete && !failed; }
};

/// Decodes an event in any of its shapes: the reference's and Kubernetes' (`message` with metadata, as a map or as JSON
/// text, or the event-data annotation), `POST /events` (`data`), and ours (`/v1/events`). Never fails: what cannot be
/// read is absent. Session, order and position are the log's to fill in.
Event normalise(JsonValue delivered);

/// The dictionary's name of a reason, or the reason itself.
std::string canonical_reason(std::string_view reason);

/// Seconds: a number, a text of a number, or Go's duration text ("1m2.5s"). Nothing for anything else.
std::optional<double> read_seconds(const JsonValue& value);
/// A number, or a text of one.
std::optional<double> read_number(const JsonValue& value);

}  // namespace ark::evaluations
