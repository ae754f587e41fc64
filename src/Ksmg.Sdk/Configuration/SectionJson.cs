using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;

namespace Ksmg.Sdk;

/// <summary>A section of the configuration as the JSON it may have been.</summary>
internal static class SectionJson
{
    /// <param name="section">The section.</param>
    /// <param name="objects">How many levels of it are objects, whatever their members are called: those of a list are numbers too.</param>
    public static JsonNode? Read(IConfigurationSection section, int objects = 0)
    {
        IConfigurationSection[] children = [.. section.GetChildren()];
        if (children.Length == 0)
        {
            return Scalar(section.Value);
        }

        if (objects == 0 && children.All(child => SectionMistakes.IsIndex(child.Key)))
        {
            return new JsonArray([.. children.OrderBy(child => int.Parse(child.Key, CultureInfo.InvariantCulture)).Select(child => Read(child))]);
        }

        JsonObject members = [];
        foreach (IConfigurationSection child in children)
        {
            members[child.Key] = Read(child, Math.Max(0, objects - 1));
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
