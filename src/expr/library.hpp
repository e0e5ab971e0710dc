#pragma once
#include "expr/environment.hpp"

#include <map>
#include <string>
#include <string_view>

namespace ark::expr {

/// The functions that every environment has, by name. Built once.
class Library {
public:
    static const Library& standard();

    /// `signature` in short: "(int, int) int", with a receiver "string.(string) bool"; A, B, C are type parameters;
    /// "..." after the last parameter repeats it.
    void add(std::string_view name, std::string_view signature, Native call);
    const Environment::Function* find(std::string_view name) const;
    const std::map<std::string, Environment::Function, std::less<>>& functions() const { return functions_; }

private:
    std::map<std::string, Environment::Function, std::less<>> functions_;
};

// One file each: functions_conversion.cpp, …
void add_operators(Library& library);  // signatures only: for the checker
void add_conversions(Library& library);
void add_times(Library& library);
void add_texts(Library& library);
void add_text_extension(Library& library);
void add_numbers(Library& library);
void add_lists(Library& library);
void add_encoders(Library& library);
void add_optionals(Library& library);
void add_networks(Library& library);

}  // namespace ark::expr
