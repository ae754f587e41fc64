namespace Ksmg.Sdk;

/// <summary>An entry of the vendor's ZIP, used or not.</summary>
/// <param name="Name">The name with its folders, control characters replaced.</param>
/// <param name="SizeBytes">The size in bytes, as the directory of the ZIP says it.</param>
/// <param name="CompressedBytes">The bytes it takes in the ZIP.</param>
public sealed record UpdatePackageEntry(string Name, long SizeBytes, long CompressedBytes);
