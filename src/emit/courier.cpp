#include "emit/courier.hpp"

#include "codec/compression.hpp"
#include "codec/json_value.hpp"
#include "emit/reference_events.hpp"
#include "net/http_client.hpp"
#include "otlp/walk.hpp"

#include <charconv>
#include <functional>
#include <map>
#include <optional>

#include <fmt/format.h>

namespace ark::emit {
namespace {

constexpr std::size_t receipt_bytes_max = 64u << 10;
constexpr std::size_t list_bytes_max = 16u << 20;
constexpr std::chrono::milliseconds wait_max{60'000};

/// Retry-After in its numeric form; dates are rare here and mean "later" all the same.
std::chrono::milliseconds retry_after(const net::Fields& fields) {
    const auto text = fields.find("retry-after");
    unsigned seconds = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (read.ec != std::errc{}) return std::chrono::milliseconds(0);
    return std::min<std::chrono::milliseconds>(std::chrono::seconds(std::min(seconds, 3600u)), wait_max);
}

/// The specification's list is 429, 502, 503, 504. A credential that expired is made right by people, and what was
/// emitted meanwhile should not be lost; so is a target that is not set up yet.
bool is_worth_a_retry(int status) {
    return status == 429 || status == 408 || status == 401 || status == 403 || status >= 500;
}

struct FirstItem {
    std::string trace;
    std::string span;
    std::string reason;
    std::string time;
};

/// Of an encoded request.
std::optional<FirstItem> first_item(Signal signal, std::string_view body) {
    std::optional<FirstItem> first;
    const auto set = [&](const auto& trace, const auto& span, std::string_view reason, UnixNanos time) {
        FirstItem item;
        item.trace = trace.hex();
        item.span = span.hex();
        item.reason = reason;
        item.time = to_rfc3339(time);
        first = std::move(item);
        return false;  // no more of them
    };
    if (signal == Signal::traces) {
        const auto walked = otlp::for_each_span(
            body, [&](const otlp::SpanView& span) { return set(span.trace_id, span.span_id, {}, {}); });
        if (!walked) return std::nullopt;
    } else {
        const auto walked = otlp::for_each_log(
            body, [&](const otlp::LogView& log) { return set(log.trace_id, log.span_id, log.event_name, log.time); });
        if (!walked) return std::nullopt;
    }
    return first;
}

class HttpCourier final : public Courier {
public:
    HttpCourier(net::HttpClient& client, TrustingClient trusting) : client_(client), trusting_(std::move(trusting)) {}

    awaitable<Carried> carry(const TargetConfig& target, Signal signal, std::string body,
                             std::stop_token stop) override {
        if (signal == Signal::logs && !target.events_url.empty())
            co_return co_await carry_events(target, std::move(body), std::move(stop));
        Carried carried;
        net::HttpRequest request;
        request.method = "POST";
        request.url = signal == Signal::traces ? target.traces_url : target.logs_url;
        if (request.url.empty()) {
            carried.outcome = Carried::Outcome::accepted;  // not for this target
            co_return carried;
        }
        request.fields = target.fields;
        request.fields.set("content-type", "application/x-protobuf");
        if (target.gzip) {
            request.fields.set("content-encoding", "gzip");
            request.body = codec::gzip(body).view();
        } else {
            request.body = std::move(body);
        }
        request.timeout = target.timeout;
        request.stop = std::move(stop);
        auto& client = client_of(target);
        const auto answer = co_await client.fetch(std::move(request), receipt_bytes_max);
        co_return carried_by(target, answer);
    }

    awaitable<Known> knows(const TargetConfig& target, Signal signal, std::shared_ptr<const std::string> body,
                           std::stop_token stop) override {
        if (target.reads_url.empty()) co_return Known::no;
        const auto first = first_item(signal, *body);
        if (!first) co_return Known::no;
        // Everything that it acknowledged, or was about to, is to count.
        auto status = co_await read(target, "/v1/status", stop);
        if (!status.json) co_return status.known;
        const std::string end((*status.json)["journal"]["end"].text());
        if (signal == Signal::traces) {
            auto span =
                co_await read(target, fmt::format("/v1/spans/{}/{}?at_least={}", first->trace, first->span, end), stop);
            // A span that only its start is known of is still to come.
            if (!span.json) co_return span.known;
            co_return (*span.json)["payload"].text() == "pending" ? Known::no : Known::yes;
        }
        auto events = co_await read(
            target,
            fmt::format("/v1/events?trace={}&reason={}&limit=1000&at_least={}", first->trace, first->reason, end),
            stop);
        if (!events.json) co_return events.known;
        for (const auto& event : (*events.json)["items"].array()) {
            if (event["spanId"].text() == first->span && event["time"].text() == first->time) co_return Known::yes;
        }
        co_return Known::no;
    }

private:
    /// How much of a request's events a target has: what is tried again goes on from there.
    struct Progress {
        std::size_t body = 0;  // its hash
        std::size_t events = 0;
    };

    net::HttpClient& client_of(const TargetConfig& target) {
        if (target.ca_file.empty() || !trusting_) return client_;
        auto& client = trusting_clients_[target.ca_file];
        if (!client) client = trusting_(target.ca_file);
        return *client;
    }

    static Carried carried_by(const TargetConfig& target, const Result<net::ClientResponse>& answer) {
        Carried carried;
        if (!answer) {
            carried.reason = answer.error().message();
            carried.maybe_taken = answer.error().code != Errc::connect;
        } else if (answer->status / 100 == 2) {
            carried.outcome = Carried::Outcome::accepted;
        } else {
            carried.reason = fmt::format("{} answers {}", target.name, answer->status);
            const bool again = is_worth_a_retry(answer->status);
            carried.outcome = again ? Carried::Outcome::retry : Carried::Outcome::refused;
            carried.wait = retry_after(answer->fields);
        }
        return carried;
    }

    /// One after another, since their order is what a session's state comes from. One that is refused is left out.
    awaitable<Carried> carry_events(const TargetConfig& target, std::string body, std::stop_token stop) {
        Carried carried;
        const auto events = reference_events(body);
        if (!events) {
            carried.outcome = Carried::Outcome::refused;
            carried.reason = events.error().message();
            co_return carried;
        }
        auto& progress = progress_[target.name];
        const auto hash = std::hash<std::string>()(body);
        if (progress.body != hash) progress = Progress{hash, 0};
        std::string refused;
        for (; progress.events < events->size(); ++progress.events) {
            net::HttpRequest request;
            request.method = "POST";
            request.url = target.events_url;
            request.fields = target.fields;
            request.fields.set("content-type", "application/json");
            request.body = (*events)[progress.events];
            request.timeout = target.timeout;
            request.stop = stop;
            const auto answer = co_await client_.fetch(std::move(request), receipt_bytes_max);
            carried = carried_by(target, answer);
            if (carried.outcome == Carried::Outcome::retry) co_return carried;
            if (carried.outcome == Carried::Outcome::refused) refused = carried.reason;
        }
        progress = Progress();
        carried.outcome = refused.empty() ? Carried::Outcome::accepted : Carried::Outcome::refused;
        carried.reason = std::move(refused);
        co_return carried;
    }

    struct Read {
        std::optional<codec::JsonValue> json;
        Known known = Known::no;  // where there is none: what that means
    };
    /// Who answers otherwise than Ark does knows nothing.
    awaitable<Read> read(const TargetConfig& target, std::string path, std::stop_token stop) {
        Read read;
        net::HttpRequest request;
        request.method = "GET";
        request.url = target.reads_url + path;
        request.fields = target.fields;
        request.timeout = target.timeout;
        request.stop = std::move(stop);
        const auto answer = co_await client_of(target).fetch(std::move(request), list_bytes_max);
        if (!answer || answer->status >= 500) {
            read.known = Known::away;
            co_return read;
        }
        if (answer->status != 200) co_return read;
        auto json = codec::JsonValue::parse(answer->body);
        if (json) read.json = std::move(*json);
        co_return read;
    }

    net::HttpClient& client_;
    const TrustingClient trusting_;
    std::map<std::string, std::unique_ptr<net::HttpClient>> trusting_clients_;  // by their file
    std::map<std::string, Progress> progress_;
};

}  // namespace

std::unique_ptr<Courier> http_courier(net::HttpClient& client, TrustingClient trusting) {
    return std::make_unique<HttpCourier>(client, std::move(trusting));
}

}  // namespace ark::emit
