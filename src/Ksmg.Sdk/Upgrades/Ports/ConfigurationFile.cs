namespace Ksmg.Sdk.Upgrades;

/// <summary>A configuration file of a node.</summary>
public sealed record ConfigurationFile
{
    /// <summary>The absolute path on the node.</summary>
    public required string Path { get; init; }

    /// <summary>The permission bits, octal, such as <c>0644</c>.</summary>
    public required string Mode { get; init; }

    /// <summary>Owner and group, such as <c>root:root</c>.</summary>
    public required string Owner { get; init; }

    /// <summary>SHA-256 of the content, hex.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Size in bytes.</summary>
    public long SizeBytes { get; init; }

    /// <summary>Where a symbolic link points; <see langword="null"/> for a regular file.</summary>
    public string? LinkTarget { get; init; }
}
