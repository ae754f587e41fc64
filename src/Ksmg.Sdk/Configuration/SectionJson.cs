using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;

namespace Ksmg.Sdk;

/// <summary>A section of the configuration as the JSON it may have been.</summary>
internal static class SectionJson
{
    public static JsonNode? Read(IConfigurationSection section)
    {
        IConfigurationSection[] children = [.. section.GetChildren()];
        if (children.Length == 0)
        {
            return Scalar(section.Value);
        }

        if (children.All(child => SectionMistakes.IsIndex(child.Key)))
        {
            return new JsonArray([.. children.OrderBy(child => int.Parse(child.Key, CultureInfo.InvariantCulture)).Select(Read)]);
        }

        JsonObject members = [];
        foreach (IConfigurationSection child in children)
        {
            members[child.Key] = Read(child);
        }

        return members;
    }

    private static JsonNode? Scalar(string? text) => text switch
    {
        null => null,
        "True" or "true" => true,
        "False" or "false" => false,
        _ when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number)
            && number.ToString(CultureInfo.InvariantCulture) == text => number,
        _ => text,
    };
}
