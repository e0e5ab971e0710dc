#include "resources/patch.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include <fmt/format.h>

namespace ark::resources {
namespace {

using Array = JsonValue::Array;

constexpr std::size_t operations_max = 10'000;
constexpr std::size_t nesting_max = 128;            // of the result, as of what is parsed
constexpr std::size_t copied_bytes_max = 3u << 20;  // by all `copy` of a patch: each could double the object

std::size_t depth_of(const JsonValue& value) {
    std::size_t deepest = 0;
    for (const auto& element : value.array())
        deepest = std::max(deepest, depth_of(element));
    for (const auto& [name, member] : value.object())
        deepest = std::max(deepest, depth_of(member));
    return deepest + 1;
}

/// "/a~1b/0" as steps. Nothing for a text that is no pointer.
std::optional<std::vector<std::string>> pointer_of(std::string_view text) {
    std::vector<std::string> steps;
    if (text.empty()) return steps;
    if (!text.starts_with('/')) return std::nullopt;
    for (const char c : text) {
        if (c == '/') {
            steps.emplace_back();
        } else if ((c == '0' || c == '1') && steps.back().ends_with('~')) {
            steps.back().back() = c == '0' ? '\1' : '/';  // a mark that no later digit takes for a tilde
        } else {
            steps.back().push_back(c);
        }
    }
    for (auto& step : steps)
        std::replace(step.begin(), step.end(), '\1', '~');
    return steps;
}

std::optional<std::size_t> index_of(std::string_view text, std::size_t size) {
    std::size_t index = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), index);
    if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size() || index > size ||
        (text.size() > 1 && text.front() == '0')) {
        return std::nullopt;
    }
    return index;
}

JsonValue* child(JsonValue& parent, const std::string& step) {
    if (auto* elements = std::get_if<Array>(&parent.data)) {
        const auto index = index_of(step, elements->size());
        return index && *index < elements->size() ? &(*elements)[*index] : nullptr;
    }
    return parent.find(step);
}

JsonValue* descend(JsonValue& root, const std::vector<std::string>& steps, std::size_t count) {
    auto* at = &root;
    for (std::size_t i = 0; i < count && at != nullptr; ++i)
        at = child(*at, steps[i]);
    return at;
}

bool add(JsonValue& root, const std::vector<std::string>& steps, JsonValue value) {
    if (steps.size() + depth_of(value) > nesting_max) return false;
    if (steps.empty()) {
        root = std::move(value);
        return true;
    }
    auto* parent = descend(root, steps, steps.size() - 1);
    if (parent == nullptr) return false;
    if (auto* elements = std::get_if<Array>(&parent->data)) {
        const auto index = steps.back() == "-" ? elements->size() : index_of(steps.back(), elements->size());
        if (!index) return false;
        elements->insert(elements->begin() + static_cast<std::ptrdiff_t>(*index), std::move(value));
        return true;
    }
    if (!parent->is_object()) return false;
    parent->set(steps.back(), std::move(value));
    return true;
}

bool remove(JsonValue& root, const std::vector<std::string>& steps) {
    if (steps.empty()) return false;
    auto* parent = descend(root, steps, steps.size() - 1);
    if (parent == nullptr || child(*parent, steps.back()) == nullptr) return false;
    if (auto* elements = std::get_if<Array>(&parent->data)) {
        elements->erase(elements->begin() + static_cast<std::ptrdiff_t>(*index_of(steps.back(), elements->size())));
        return true;
    }
    return parent->erase(steps.back());
}

bool replace(JsonValue& root, const std::vector<std::string>& steps, JsonValue value) {
    if (steps.size() + depth_of(value) > nesting_max) return false;
    auto* at = descend(root, steps, steps.size());
    if (at == nullptr) return false;
    *at = std::move(value);
    return true;
}

enum class Applied { yes, no, malformed };

Applied apply_operation(JsonValue& target, const JsonValue& operation, std::size_t& copied_bytes) {
    const auto op = operation["op"].text();
    const auto path = pointer_of(operation["path"].text());
    const auto from = pointer_of(operation["from"].text());
    if (!path || !from || !operation["path"].is_string()) return Applied::malformed;
    const auto done = [](bool success) { return success ? Applied::yes : Applied::no; };
    if (op == "add") return done(add(target, *path, operation["value"]));
    if (op == "remove") return done(remove(target, *path));
    if (op == "replace") return done(replace(target, *path, operation["value"]));
    if (op == "test") {
        const auto* at = descend(target, *path, path->size());
        return done(at != nullptr && *at == operation["value"]);
    }
    if (op != "move" && op != "copy") return Applied::malformed;
    if (!operation["from"].is_string()) return Applied::malformed;
    const auto* source = descend(target, *from, from->size());
    if (source == nullptr) return Applied::no;
    if (op == "copy") copied_bytes += source->dump().size();
    if (copied_bytes > copied_bytes_max) return Applied::no;
    auto value = *source;
    if (op == "move" && !remove(target, *from)) return Applied::no;
    return done(add(target, *path, std::move(value)));
}

/// The member by which the elements of a list of objects are told apart; empty: they are not.
std::string_view merge_key(const Array& elements) {
    constexpr std::array<std::string_view, 4> keys{"uid", "name", "port", "type"};
    for (const auto key : keys) {
        const auto has = [&](const JsonValue& element) { return !element[key].is_null(); };
        if (!elements.empty() && std::all_of(elements.begin(), elements.end(), has)) return key;
    }
    return {};
}

void merge_objects(JsonValue& target, const Array& patch, std::string_view key) {
    auto& elements = std::get<Array>(target.data);
    for (const auto& change : patch) {
        const auto same = [&](const JsonValue& element) { return element[key] == change[key]; };
        const auto found = std::find_if(elements.begin(), elements.end(), same);
        if (change["$patch"].text() == "delete") {
            if (found != elements.end()) elements.erase(found);
        } else if (found != elements.end()) {
            strategic_patch(*found, change);
        } else {
            strategic_patch(elements.emplace_back(), change);
        }
    }
}

void add_texts(JsonValue& target, const Array& patch) {
    auto& elements = std::get<Array>(target.data);
    for (const auto& text : patch) {
        if (std::find(elements.begin(), elements.end(), text) == elements.end()) elements.push_back(text);
    }
}

void merge_list(JsonValue& target, const JsonValue& patch) {
    const auto& changes = patch.array();
    const auto is_text = [](const JsonValue& element) { return element.is_string(); };
    const auto key = merge_key(changes);
    if (!target.is_array()) target.data.emplace<Array>();
    if (!key.empty()) {
        merge_objects(target, changes, key);
    } else if (!changes.empty() && std::all_of(changes.begin(), changes.end(), is_text)) {
        add_texts(target, changes);
    } else {
        target = patch;
    }
}

void delete_texts(JsonValue& target, std::string_view name, const JsonValue& texts) {
    auto* list = target.find(name);
    auto* elements = list == nullptr ? nullptr : std::get_if<Array>(&list->data);
    if (elements == nullptr) return;
    const auto& gone = texts.array();
    std::erase_if(*elements, [&](const auto& e) { return std::find(gone.begin(), gone.end(), e) != gone.end(); });
}

}  // namespace

void merge_patch(JsonValue& target, const JsonValue& patch) {
    if (!patch.is_object()) {
        target = patch;
        return;
    }
    if (!target.is_object()) target.data.emplace<JsonValue::Object>();
    for (const auto& [name, change] : patch.object()) {
        if (change.is_null()) {
            target.erase(name);
        } else if (auto* member = target.find(name)) {
            merge_patch(*member, change);
        } else {
            merge_patch(target.set(name, {}), change);  // so that nulls inside it delete too
        }
    }
}

Outcome<void> json_patch(JsonValue& target, const JsonValue& patch) {
    if (!patch.is_array()) return refuse(Reason::bad_request, "a JSON patch is a list of operations");
    if (patch.size() > operations_max) return refuse(Reason::too_large, "more than 10,000 operations in a JSON patch");
    std::size_t copied_bytes = 0;
    for (std::size_t i = 0; i < patch.size(); ++i) {
        const auto& operation = patch[i];
        const auto applied = apply_operation(target, operation, copied_bytes);
        if (applied == Applied::yes) continue;
        const auto what = fmt::format("operation {} ({} {})", i, operation["op"].text(), operation["path"].text());
        if (applied == Applied::malformed) return refuse(Reason::bad_request, what + " is no JSON patch operation");
        return refuse(Reason::invalid, what + " does not fit the object");
    }
    return {};
}

void strategic_patch(JsonValue& target, const JsonValue& patch) {
    if (!patch.is_object()) {
        target = patch;
        return;
    }
    if (!target.is_object() || patch["$patch"].text() == "replace") target.data.emplace<JsonValue::Object>();
    for (const auto& [name, change] : patch.object()) {
        constexpr std::string_view deleting = "$deleteFromPrimitiveList/";
        if (name.starts_with(deleting)) {
            delete_texts(target, std::string_view(name).substr(deleting.size()), change);
        } else if (name.starts_with('$')) {
            continue;
        } else if (change.is_null() || change["$patch"].text() == "delete") {
            target.erase(name);
        } else {
            auto* member = target.find(name);
            if (member == nullptr) member = &target.set(name, {});
            if (change.is_array()) {
                merge_list(*member, change);
            } else {
                strategic_patch(*member, change);
            }
        }
    }
}

}  // namespace ark::resources
