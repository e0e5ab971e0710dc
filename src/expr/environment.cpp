#include "expr/environment.hpp"

#include "base/check.hpp"
#include "expr/library.hpp"

namespace ark::expr {

namespace {

template <class Names>
bool has_prefix(const Names& names, std::string_view prefix) {
    const auto first = names.lower_bound(prefix);
    return first != names.end() && std::string_view(first->first).starts_with(prefix);
}

}  // namespace

Environment::Environment(Options options) : options_(std::move(options)) {}

std::uint32_t Environment::add_variable(std::string name, Type type) {
    const auto slot = static_cast<std::uint32_t>(variables_.size());
    const bool added = slots_.emplace(name, slot).second;
    ARK_CHECK(added, "variable {} is declared twice", name);
    variables_.push_back({std::move(name), std::move(type)});
    return slot;
}

void Environment::add_function(std::string name, Overload overload) {
    auto& function = functions_[name];
    function.name = std::move(name);
    function.overloads.push_back(std::make_shared<const Overload>(std::move(overload)));
}

void Environment::add_helper(std::string name, Helper helper) {
    auto& function = functions_[name];
    ARK_CHECK(function.overloads.empty() && !function.helper, "function {} is declared twice", name);
    function.name = std::move(name);
    function.helper = std::make_shared<const Helper>(std::move(helper));
}

void Environment::add_namespace_alias(std::string alias, std::string original) {
    aliases_.emplace(std::move(alias), std::move(original));
}

const Environment::Variable* Environment::find_variable(std::string_view name, std::uint32_t& slot) const {
    const auto found = slots_.find(name);
    if (found == slots_.end()) return nullptr;
    slot = found->second;
    return &variables_[slot];
}

std::string Environment::canonical(std::string_view name) const {
    const auto dot = name.rfind('.');
    if (dot == std::string_view::npos) return std::string(name);
    const auto alias = aliases_.find(name.substr(0, dot));
    return alias == aliases_.end() ? std::string(name) : alias->second + std::string(name.substr(dot));
}

std::vector<const Environment::Function*> Environment::find_function(std::string_view name) const {
    std::vector<const Function*> found;
    if (const auto own = functions_.find(canonical(name)); own != functions_.end()) found.push_back(&own->second);
    if (const auto* standard = Library::standard().find(name)) found.push_back(standard);
    return found;
}

bool Environment::is_namespace(std::string_view name) const {
    const auto prefix = std::string(name) + '.';
    return aliases_.find(name) != aliases_.end() || has_prefix(functions_, prefix) ||
           has_prefix(Library::standard().functions(), prefix);
}

std::vector<std::string> Environment::names() const {
    std::vector<std::string> all;
    for (const auto& variable : variables_)
        all.push_back(variable.name);
    for (const auto& [name, function] : functions_) {
        all.push_back(name);
        const auto dot = name.rfind('.');
        if (dot == std::string::npos) continue;
        for (const auto& [alias, original] : aliases_)
            if (original == name.substr(0, dot)) all.push_back(alias + name.substr(dot));
    }
    for (const auto& [name, function] : Library::standard().functions())
        if (name.front() != '_') all.push_back(name);
    return all;
}

}  // namespace ark::expr
