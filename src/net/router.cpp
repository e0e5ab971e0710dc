#include "base/check.hpp"
#include "base/text.hpp"
#include "net/http.hpp"

#include <algorithm>

namespace ark::net {

namespace {

/// The first segment of a path without its leading slash; the rest stays in `path`. "" is one empty segment.
std::string_view take_segment(std::string_view& path, bool& last) {
    const auto slash = path.find('/');
    const auto segment = path.substr(0, slash);
    last = slash == path.npos;
    path = last ? std::string_view{} : path.substr(slash + 1);
    return segment;
}

/// `text` is a route's literal in any case, `segment` what was asked for.
bool matches(std::string_view text, std::string_view segment) {
    return std::equal(text.begin(), text.end(), segment.begin(), segment.end(),
                      [](char a, char b) { return a == b || to_lower(a) == to_lower(b); });
}

}  // namespace

void Router::add(std::string_view method, std::string_view pattern, Handler handler) {
    ARK_CHECK(pattern.starts_with('/'), "route {} does not begin with a slash", pattern);
    std::string_view rest = pattern.substr(1);
    std::size_t at = 0;
    for (bool last = false; !last;) {
        const auto segment = take_segment(rest, last);
        const bool is_name = segment.starts_with('{') && segment.ends_with('}');
        at = is_name ? named_child(at) : literal_child(at, segment);
    }
    for (const auto& route : nodes_[at].routes) {
        ARK_CHECK(routes_[route].method != method, "route {} {} exists twice", method, pattern);
    }
    nodes_[at].routes.push_back(routes_.size());
    routes_.push_back(Route{std::string(method), std::string(pattern), std::move(handler)});
}

std::size_t Router::literal_child(std::size_t at, std::string_view segment) {
    for (const auto& [text, child] : nodes_[at].literals) {
        if (text == segment) return child;
    }
    nodes_.emplace_back();
    nodes_[at].literals.emplace_back(segment, nodes_.size() - 1);
    return nodes_.size() - 1;
}

std::size_t Router::named_child(std::size_t at) {
    if (nodes_[at].named == 0) {
        nodes_.emplace_back();
        nodes_[at].named = nodes_.size() - 1;
    }
    return nodes_[at].named;
}

/// Finds the most specific node for the path that serves the method; collects what others would allow on the way.
bool Router::descend(std::size_t at, std::string_view rest, std::string_view method, Match& match) const {
    bool last = false;
    const auto segment = take_segment(rest, last);
    const auto go = [&](std::size_t child) {
        return last ? serve(nodes_[child], method, match) : descend(child, rest, method, match);
    };
    for (const auto& [text, child] : nodes_[at].literals) {
        if (matches(text, segment) && go(child)) return true;
    }
    if (nodes_[at].named == 0 || segment.empty()) return false;
    match.path_values.emplace_back(segment);
    if (go(nodes_[at].named)) return true;
    match.path_values.pop_back();
    return false;
}

bool Router::serve(const Node& node, std::string_view method, Match& match) const {
    const std::string_view effective = method == "HEAD" ? "GET" : method;
    for (const auto index : node.routes) {
        const auto& route = routes_[index];
        if (route.method == method || route.method == effective) {
            match.handler = &route.handler;
            return true;
        }
    }
    for (const auto index : node.routes) {
        if (!match.allow.empty()) match.allow += ", ";
        match.allow += routes_[index].method;
        if (routes_[index].method == "GET") match.allow += ", HEAD";
        match.status = 405;
    }
    return false;
}

Router::Match Router::match(std::string_view method, std::string_view path) const {
    Match match;
    if (!path.starts_with('/')) return match;
    if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
    if (!descend(0, path.substr(1), method, match)) {
        match.path_values.clear();
        if (match.status == 404 && !percent_decode(path)) match.status = 400;
        if (match.status == 405) match.allow += ", OPTIONS";
        return match;
    }
    match.status = 200;
    match.allow.clear();
    for (auto& value : match.path_values) {
        auto decoded = percent_decode(value);
        if (!decoded) {
            Match none;
            none.status = 400;
            return none;
        }
        value = std::move(*decoded);
    }
    return match;
}

std::vector<std::pair<std::string, std::string>> Router::routes() const {
    std::vector<std::pair<std::string, std::string>> all;
    for (const auto& route : routes_)
        all.emplace_back(route.method, route.pattern);
    return all;
}

}  // namespace ark::net
