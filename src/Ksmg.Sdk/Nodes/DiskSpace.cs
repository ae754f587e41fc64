namespace Ksmg.Sdk;

/// <summary>Space on one mount point of a node.</summary>
/// <param name="Mount">The mount point, such as <c>/var</c>.</param>
/// <param name="FreeBytes">Free bytes.</param>
/// <param name="TotalBytes">Size in bytes.</param>
public sealed record DiskSpace(string Mount, long FreeBytes, long TotalBytes);
