namespace Ksmg.Sdk;

/// <summary>How far an upload is. Reported inline, in order, at most a few times a second.</summary>
public sealed record UploadProgress
{
    /// <summary>Bytes of the package handed to the network in this attempt, from the start of the package.</summary>
    public required long SentBytes { get; init; }

    /// <summary>Size of the package in bytes.</summary>
    public required long TotalBytes { get; init; }

    /// <summary>Bytes a second, over the last seconds.</summary>
    public double BytesPerSecond { get; init; }

    /// <summary>How long it will still take at that rate.</summary>
    public TimeSpan? Remaining { get; init; }

    /// <summary>Which attempt this is, from 1.</summary>
    public int Attempt { get; init; } = 1;
}
