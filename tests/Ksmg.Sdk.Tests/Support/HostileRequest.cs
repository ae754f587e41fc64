namespace Ksmg.Sdk.Tests.Support;

/// <summary>What a <see cref="HostileNode"/> heard, its body byte by byte as characters.</summary>
internal sealed record HostileRequest(string Method, string Path, IReadOnlyDictionary<string, string> Headers, string Body);
