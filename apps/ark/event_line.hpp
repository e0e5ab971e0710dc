#pragma once
#include "codec/json_value.hpp"
#include "context.hpp"

#include <string>

namespace ark::cli {

/// An item of the stream as one line for a person: time, what happened, to whom, how long it took, tokens, error,
/// session. `topic` is the frame's event name: event, span, log, message, chunk, or a row topic (session,
/// query, trace).
class EventLine {
public:
    EventLine(const Context& context, bool show_session)
        : context_(context), show_session_(show_session), ascii_(!locale_is_utf8()) {}

    std::string render(std::string_view topic, const codec::JsonValue& item) const;

private:
    std::string of_event(const codec::JsonValue& item) const;
    std::string of_record(std::string_view topic, const codec::JsonValue& item) const;
    std::string of_row(std::string_view topic, const codec::JsonValue& row) const;
    std::string begin(const codec::JsonValue& time, std::string_view component, std::string_view what, Style style,
                      std::string_view mark) const;
    std::string end(std::string line, const codec::JsonValue& item) const;

    const Context& context_;
    bool show_session_;
    bool ascii_;
};

/// What an item is about: "searcher › web_search", "gpt-4.1", a query's name.
std::string subject_of(const codec::JsonValue& item);
/// Type and message of an item's error on one line; "" when there is none.
std::string error_text(const codec::JsonValue& item);

}  // namespace ark::cli
