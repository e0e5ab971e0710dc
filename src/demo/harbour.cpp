#include "demo/harbour.hpp"

#include "base/text.hpp"
#include "runtime/sleep.hpp"

#include <cmath>
#include <optional>
#include <string_view>

#include <fmt/format.h>

namespace ark::demo {
namespace {

using codec::JsonValue;
using std::chrono::milliseconds;

constexpr std::size_t request_bytes_max = 64u << 10;
constexpr milliseconds tides_take{420};
constexpr milliseconds berths_take{650};
constexpr int tide_minutes = 745;  // from one high water to the next: 12 h 25 min
constexpr std::int64_t nights_max = 14;

struct Port {
    std::string_view name;
    int high_water;  ///< minutes after midnight
    int depth;       ///< decimetres, at low water
    double east;     ///< sea miles from Dover, roughly
    double north;
    std::string_view hazard;
};
constexpr Port ports[] = {
    {"Dover", 252, 70, 0, 0, "ferries, every half hour; call the port on channel 74"},
    {"Calais", 287, 65, 19, -9, "sandbanks north of the entrance"},
    {"Ramsgate", 301, 30, 4, 13, "a narrow channel; the Goodwin Sands to the south-east"},
    {"Boulogne", 265, 60, 11, -24, "strong cross tides at the breakwater"},
    {"Dunkirk", 318, 75, 36, -4, "dredgers at work in the western channel"},
};

const Port* find_port(std::string_view name) {
    for (const auto& port : ports) {
        const bool same =
            port.name.size() == name.size() && std::equal(name.begin(), name.end(), port.name.begin(),
                                                          [](char a, char b) { return to_lower(a) == to_lower(b); });
        if (same) return &port;
    }
    return nullptr;
}

std::string clock_text(int minutes) {
    return fmt::format("{:02}:{:02}", (minutes / 60) % 24, minutes % 60);
}

/// Tides come fifty minutes later every day; any text may name the day.
std::string tide_text(const Port& port, std::string_view day) {
    int days = 0;
    for (const char c : day)
        days = (days * 31 + static_cast<unsigned char>(c)) % 14;
    const int first = (port.high_water + days * 50) % tide_minutes;
    return fmt::format("{}, {}: high water {} and {}, low water {}", port.name, day, clock_text(first),
                       clock_text(first + tide_minutes), clock_text(first + tide_minutes / 2));
}

net::Response text_response(int status, std::string text) {
    net::Response response;
    response.status = status;
    response.fields.add("content-type", "text/plain; charset=utf-8");
    response.body = std::move(text);
    return response;
}

ServedResult look_up(const JsonValue& arguments) {
    const auto* port = find_port(arguments["place"].text());
    if (port == nullptr)
        return {fmt::format("No chart shows {}.", arguments["place"].text("a place without a name")), true};
    return {fmt::format("{}: {}.{} m at low water; {}.", port->name, port->depth / 10, port->depth % 10, port->hazard),
            false};
}

ServedResult route(const JsonValue& arguments) {
    const auto* from = find_port(arguments["from"].text());
    const auto* to = find_port(arguments["to"].text());
    if (from == nullptr || to == nullptr) return {"One of the two ports is not on the charts.", true};
    const auto east = to->east - from->east;
    const auto north = to->north - from->north;
    constexpr double degrees = 57.29577951308232;
    const auto course = std::fmod(std::atan2(east, north) * degrees + 360, 360);
    return {fmt::format("{} to {}: course {:03.0f}°, {:.0f} sea miles; cross the traffic lanes at right angles.",
                        from->name, to->name, course, std::hypot(east, north)),
            false};
}

std::vector<ServedTool> chart_tools() {
    ServedTool lookup;
    lookup.name = "lookup";
    lookup.title = "Look up a place";
    lookup.description = "Depth and dangers of a port";
    lookup.schema = R"({"type":"object","properties":{"place":{"type":"string"}},"required":["place"]})";
    lookup.takes = milliseconds(700);
    lookup.call = look_up;
    ServedTool plan;
    plan.name = "route";
    plan.title = "Plan a route";
    plan.description = "Course and distance between two ports";
    plan.schema = R"({"type":"object","properties":{"from":{"type":"string"},"to":{"type":"string"}},)"
                  R"("required":["from","to"]})";
    plan.takes = milliseconds(1100);
    plan.call = route;
    return {std::move(lookup), std::move(plan)};
}

}  // namespace

Harbour::Harbour() : charts_("sea-charts", chart_tools()) {}

void Harbour::add_routes(net::Router& router) {
    router.add("GET", "/tides/{port}", [this](net::Exchange& exchange) { return tides(exchange); });
    router.add("POST", "/berths", [this](net::Exchange& exchange) { return berths(exchange); });
    charts_.add_routes(router, "/mcp");
}

void Harbour::stop() {
    stop_.request_stop();
    charts_.stop();
}

awaitable<void> Harbour::tides(net::Exchange& exchange) {
    const auto waited = co_await runtime::sleep_for(tides_take, stop_.get_token());
    if (!waited) co_return;
    const std::string name(exchange.head().path_values.at(0));
    const auto* port = find_port(name);
    const auto query = net::Query::parse(exchange.head().raw_query);
    std::string_view day = "today";
    if (query) day = query->find("day").value_or("today");
    auto response = port != nullptr ? text_response(200, tide_text(*port, day))
                                    : text_response(404, fmt::format("There is no port {} in this table.", name));
    co_await exchange.respond(std::move(response));
}

awaitable<void> Harbour::berths(net::Exchange& exchange) {
    const auto body = co_await exchange.read_body(request_bytes_max);
    const auto waited = co_await runtime::sleep_for(berths_take, stop_.get_token());
    if (!waited) co_return;
    JsonValue wish;
    if (body) {
        if (auto parsed = JsonValue::parse(body->view())) wish = std::move(*parsed);
    }
    const auto nights = wish["nights"].integer();
    const std::string boat(wish["boat"].text());
    net::Response response;
    if (boat.empty() || nights < 1) {
        response = text_response(400, "A boat and at least one night are needed.");
    } else if (nights > nights_max) {
        response = text_response(409, fmt::format("Nobody stays longer than {} nights.", nights_max));
    } else {
        response =
            text_response(201, fmt::format("Berth B{} is booked for {}, {} nights.", 3 + boat.size(), boat, nights));
    }
    co_await exchange.respond(std::move(response));
}

}  // namespace ark::demo
