using System.Diagnostics;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>What this process holds at a moment.</summary>
/// <param name="Megabytes">Managed memory, after everything was collected that nobody needs.</param>
/// <param name="Handles">Open files, sockets included.</param>
/// <param name="Threads">Threads of any kind.</param>
/// <param name="Connections">Open sockets.</param>
internal sealed record ResourceSample(double Megabytes, int Handles, int Threads, int Connections)
{
    public static ResourceSample Take()
    {
        // What a finalizer holds is free only with the next collection.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        double megabytes = GC.GetTotalMemory(forceFullCollection: true) / 1e6;
        using Process process = Process.GetCurrentProcess();
        if (!OperatingSystem.IsLinux())
        {
            return new ResourceSample(megabytes, process.HandleCount, process.Threads.Count, 0);
        }

        string?[] open = [.. Directory.EnumerateFiles("/proc/self/fd").Select(LinkOf)];
        return new ResourceSample(
            megabytes, open.Length, process.Threads.Count, open.Count(target => target?.StartsWith("socket:", StringComparison.Ordinal) == true));
    }

    /// <summary>Where it leads; nowhere when it was closed meanwhile.</summary>
    private static string? LinkOf(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (IOException)
        {
            return null;
        }
    }
}
