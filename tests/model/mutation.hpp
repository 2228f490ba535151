#pragma once

#include "mutation_words.hpp"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

// Makes a bad document, or another good one, of a good one: drops, doubles, renames, replaces and adds nodes anywhere.
class Mutation {
public:
    explicit Mutation(std::uint64_t seed) : random_(seed) {}

    std::string of(const std::string &text)
    {
        rapidjson::Document document;
        document.Parse(text.c_str());
        for (int i = pick(4) == 0 ? 2 : 1; i > 0; --i) {
            nodes_.clear();
            collect(document);
            if (!nodes_.empty())
                change(*nodes_[pick(nodes_.size())], document.GetAllocator());
        }
        rapidjson::StringBuffer buffer;
        rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
        document.Accept(writer);
        return {buffer.GetString(), buffer.GetSize()};
    }

private:
    using Value = rapidjson::Value;
    using Allocator = rapidjson::Document::AllocatorType;

    std::size_t pick(std::size_t count) { return random_() % count; }

    // Everything that has children.
    void collect(Value &value)
    {
        if (value.IsObject() && !value.ObjectEmpty()) {
            nodes_.push_back(&value);
            for (auto &member : value.GetObject())
                collect(member.value);
        } else if (value.IsArray() && !value.Empty()) {
            nodes_.push_back(&value);
            for (auto &entry : value.GetArray())
                collect(entry);
        }
    }

    void change(Value &node, Allocator &allocator)
    {
        if (node.IsArray())
            return change_array(node, allocator);
        if (node.ObjectEmpty()) // as the change before has left it
            return;
        const auto member = node.MemberBegin() + static_cast<std::ptrdiff_t>(pick(node.MemberCount()));
        switch (pick(7)) {
        case 0:
            node.RemoveMember(member);
            break;
        case 1: { // the same again
            Value name(member->name, allocator);
            Value value(member->value, allocator);
            node.AddMember(name, value, allocator);
            break;
        }
        case 2:
            member->name = text(name(), allocator);
            break;
        case 3:
        case 4:
            member->value = value(allocator);
            break;
        case 5: {
            Value added = value(allocator);
            node.AddMember(text(name(), allocator), added, allocator);
            break;
        }
        default: { // what another node holds
            Value other(*nodes_[pick(nodes_.size())], allocator);
            if (other.IsObject() && !other.ObjectEmpty())
                other = Value((other.MemberBegin() + static_cast<std::ptrdiff_t>(pick(other.MemberCount())))->value,
                              allocator);
            member->value = other;
        }
        }
    }

    void change_array(Value &node, Allocator &allocator)
    {
        if (node.Empty())
            return;
        Value *entry = node.Begin() + pick(node.Size());
        switch (pick(4)) {
        case 0:
            node.Erase(entry);
            break;
        case 1: {
            Value again(*entry, allocator);
            node.PushBack(again, allocator);
            break;
        }
        case 2:
            *entry = value(allocator);
            break;
        default: {
            Value added = value(allocator);
            node.PushBack(added, allocator);
        }
        }
    }

    static Value text(std::string_view text, Allocator &allocator)
    {
        return Value(text.data(), static_cast<rapidjson::SizeType>(text.size()), allocator);
    }

    std::string_view name() { return kMutationNames[pick(std::size(kMutationNames))]; }

    Value value(Allocator &allocator)
    {
        static const std::vector<std::int64_t> numbers{
            -1, 0, 1, 5, 7, 12, 13, 23, 24, 31, 32, 59, 60, 2147483648, 4294967295, 4294967296, 65536, -2147483649};
        switch (pick(8)) {
        case 0:
        case 1:
        case 2:
            return text(kMutationTexts[pick(std::size(kMutationTexts))], allocator);
        case 3:
        case 4:
            return Value(numbers[pick(numbers.size())]);
        case 5:
            return pick(3) == 0 ? Value(1.5) : Value(pick(2) == 0);
        case 6: {
            Value array(rapidjson::kArrayType);
            if (pick(2) == 0)
                array.PushBack(pick(2) == 0 ? Value()
                                            : text(kMutationTexts[pick(std::size(kMutationTexts))], allocator),
                               allocator);
            return array;
        }
        default:
            return Value(pick(2) == 0 ? rapidjson::kObjectType : rapidjson::kNullType);
        }
    }

    std::mt19937_64 random_;
    std::vector<Value *> nodes_;
};
