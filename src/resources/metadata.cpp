#include "resources/metadata.hpp"

#include "resources/schema_parts.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace ark::resources {
namespace {

constexpr std::size_t annotation_bytes_max = 256u << 10;  // of one object, as in Kubernetes

const JsonValue null_value;

bool is_alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

const JsonValue& element_at(const JsonValue& array, std::string_view key) {
    std::size_t index = 0;
    const auto read = std::from_chars(key.data(), key.data() + key.size(), index);
    if (read.ec == std::errc() && read.ptr == key.data() + key.size()) return array[index];
    for (const auto& element : array.array()) {
        if (element["type"].text() == key) return element;
    }
    return null_value;
}

void validate_labels(const JsonValue& labels, Causes& causes) {
    for (const auto& [key, value] : labels.object()) {
        if (causes.size() >= causes_max) return;
        if (!is_qualified_name(key)) {
            causes.push_back(invalid("metadata.labels", shown({key}),
                                     "a key is [prefix/]name of at most 63 letters, digits, '-', '_' and '.'"));
        }
        if (!is_label_value(value.text())) {
            causes.push_back(invalid("metadata.labels", shown(value),
                                     "a value is at most 63 letters, digits, '-', '_' and '.', and begins and ends "
                                     "with a letter or digit"));
        }
    }
}

void validate_annotations(const JsonValue& annotations, Causes& causes) {
    std::size_t bytes = 0;
    for (const auto& [key, value] : annotations.object()) {
        bytes += key.size() + value.text().size();
        if (causes.size() < causes_max && !is_qualified_name(key)) {
            causes.push_back(invalid("metadata.annotations", shown({key}), "is no qualified name"));
        }
    }
    if (bytes > annotation_bytes_max) {
        causes.push_back({"FieldValueTooLong", "Too long: annotations hold at most 256 KiB", "metadata.annotations"});
    }
}

void validate_owners(const JsonValue& owners, Causes& causes) {
    const auto controllers = std::count_if(owners.array().begin(), owners.array().end(),
                                           [](const auto& owner) { return owner["controller"].boolean(); });
    if (controllers > 1) {
        causes.push_back(forbidden("metadata.ownerReferences", "only one owner can be the controller"));
    }
}

}  // namespace

std::uint64_t version_of(const JsonValue& object) {
    const auto text = object["metadata"]["resourceVersion"].text();
    std::uint64_t version = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), version);
    return read.ec == std::errc() && read.ptr == text.data() + text.size() ? version : 0;
}

const JsonValue& at_path(const JsonValue& object, std::string_view path) {
    const auto* at = &object;
    if (path.starts_with('.')) path.remove_prefix(1);
    while (!path.empty()) {
        const auto end = path.find('.');
        auto step = path.substr(0, end);
        path = end == std::string_view::npos ? std::string_view() : path.substr(end + 1);
        const auto bracket = step.find('[');
        at = &(*at)[step.substr(0, bracket)];
        if (bracket != std::string_view::npos) {
            at = &element_at(*at, step.substr(bracket + 1, step.size() - bracket - 2));
        }
    }
    return *at;
}

Schema metadata_schema() {
    using detail::json_text;
    const auto owner =
        object({must("apiVersion", name_text()), must("kind", name_text()), must("name", name_text()),
                must("uid", name_text()), may("controller", boolean()), may("blockOwnerDeletion", boolean())});
    return object({
        may("name", text()),
        may("generateName", text(), "a prefix; the rest is made up"),
        may("namespace", text()),
        may("labels", map_of(text())),
        may("annotations", map_of(text())),
        may("finalizers", list_of(name_text()), "who must agree before it goes"),
        may("ownerReferences", list_of(owner), "it goes when they are gone"),
        may("uid", text()),
        may("resourceVersion", text()),
        may("generation", integer()),
        may("creationTimestamp", text().like(Format::time)),
        may("deletionTimestamp", text().like(Format::time)),
        may("deletionGracePeriodSeconds", integer()),
        may("selfLink", text()),
        may("managedFields", list_of(anything())),
    });
}

void validate_metadata(const Kind& kind, const JsonValue& object, Causes& causes) {
    const auto& metadata = object["metadata"];
    const auto& name = metadata["name"];
    if (name.text().empty()) {
        causes.push_back(required("metadata.name", "name or generateName"));
    } else if (const auto why = mismatch(Format::dns_subdomain, name.text())) {
        causes.push_back(invalid("metadata.name", shown(name), *why));
    }
    if (kind.namespaced) {
        if (const auto why = mismatch(Format::dns_label, metadata["namespace"].text())) {
            causes.push_back(invalid("metadata.namespace", shown(metadata["namespace"]), *why));
        }
    }
    validate_labels(metadata["labels"], causes);
    validate_annotations(metadata["annotations"], causes);
    for (std::size_t i = 0; i < metadata["finalizers"].size() && causes.size() < causes_max; ++i) {
        const auto& finalizer = metadata["finalizers"][i];
        if (is_qualified_name(finalizer.text())) continue;
        causes.push_back(invalid(fmt::format("metadata.finalizers[{}]", i), shown(finalizer), "is no qualified name"));
    }
    validate_owners(metadata["ownerReferences"], causes);
}

std::string make_uid(Random& random) {
    const auto high = (random.next() & 0xffffffffffff0fffULL) | 0x4000ULL;
    const auto low = (random.next() & 0x3fffffffffffffffULL) | 0x8000000000000000ULL;
    return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, (high >> 16) & 0xffff, high & 0xffff,
                       low >> 48, low & 0xffffffffffffULL);
}

std::string name_suffix(Random& random) {
    constexpr std::string_view alphabet = "bcdfghjklmnpqrstvwxz2456789";
    std::string out;
    for (int i = 0; i < 5; ++i)
        out.push_back(alphabet[random.below(alphabet.size())]);
    return out;
}

std::string to_metav1_time(UnixNanos time) {
    constexpr std::uint64_t second = 1'000'000'000;
    auto text = to_rfc3339(UnixNanos{time.value() / second * second});
    if (const auto dot = text.find('.'); dot != std::string::npos) text.erase(dot, text.size() - dot - 1);
    return text;
}

bool is_label_value(std::string_view text) {
    if (text.empty()) return true;
    const auto inner = [](char c) { return is_alphanumeric(c) || c == '-' || c == '_' || c == '.'; };
    return text.size() <= 63 && std::all_of(text.begin(), text.end(), inner) && is_alphanumeric(text.front()) &&
           is_alphanumeric(text.back());
}

bool is_qualified_name(std::string_view text) {
    if (const auto slash = text.find('/'); slash != std::string_view::npos) {
        if (mismatch(Format::dns_subdomain, text.substr(0, slash))) return false;
        text.remove_prefix(slash + 1);
    }
    return !text.empty() && is_label_value(text);
}

}  // namespace ark::resources
