using System.Text.Json.Serialization;

namespace Ksmg.Sdk;

/// <summary>Something that is known of an update on the way from one build to another.</summary>
public sealed record KnownDefect
{
    /// <summary>What <see cref="Check"/> says where no program can look.</summary>
    public const string ByHand = "by hand";

    /// <summary>A stable word.</summary>
    public required string Id { get; init; }

    /// <summary>The builds it is known of, where the upgrade starts; <see langword="null"/>: all.</summary>
    public BuildRange? From { get; init; }

    /// <summary>The builds it is known of, where the upgrade ends; <see langword="null"/>: all.</summary>
    public BuildRange? To { get; init; }

    /// <summary>When to think of it.</summary>
    public required DefectMoment When { get; init; }

    /// <summary>What is known.</summary>
    public required string Text { get; init; }

    /// <summary>The step or the finding by which a run looks after it, or <see cref="ByHand"/>.</summary>
    public required string Check { get; init; }

    /// <summary>Where it stands.</summary>
    public Uri? Source { get; init; }

    /// <summary>Whether people have to look after it.</summary>
    [JsonIgnore]
    public bool IsByHand => Check == ByHand;
}
