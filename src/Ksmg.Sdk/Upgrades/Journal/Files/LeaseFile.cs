using System.Diagnostics;
using System.Globalization;

namespace Ksmg.Sdk.Upgrades;

/// <summary>What stands in <c>lease.json</c>: who drives the run, and its last beat.</summary>
internal sealed record LeaseFile
{
    public required long Epoch { get; init; }

    public required Guid Owner { get; init; }

    public required string Host { get; init; }

    public required int Pid { get; init; }

    public required string ProcessStart { get; init; }

    public required string BootId { get; init; }

    public required string PidNamespace { get; init; }

    public required DateTimeOffset Since { get; init; }

    public required DateTimeOffset BeatAt { get; init; }

    public long Beat { get; init; }

    public bool Released { get; init; }

    /// <summary>A lease that this process takes.</summary>
    public static LeaseFile Create(StoredLease lease) => new()
    {
        Epoch = lease.Epoch,
        Owner = lease.Owner,
        Host = Environment.MachineName,
        Pid = Environment.ProcessId,
        ProcessStart = Processes.Start,
        BootId = Processes.BootId,
        PidNamespace = Processes.PidNamespace,
        Since = lease.Since,
        BeatAt = lease.BeatAt,
        Beat = lease.Beat,
        Released = lease.IsReleased,
    };

    /// <summary>The lease as a journal sees it.</summary>
    public StoredLease ToStored() => new()
    {
        Epoch = Epoch,
        Owner = Owner,
        Since = Since,
        BeatAt = BeatAt,
        Beat = Beat,
        IsReleased = Released,
        IsAbandoned = !Released && BootId == Processes.BootId && PidNamespace == Processes.PidNamespace && Processes.IsGone(Pid, ProcessStart),
        Holder = Words.Get("journal.holder", Pid, Host, Since),
        HowToFree = Words.Get("journal.how-to-free", Pid),
    };
}

/// <summary>Which processes live, told apart even when a process id is used again.</summary>
internal static class Processes
{
    /// <summary>The boot of the kernel; where there is no such id, process start times are absolute and the machine's name will do.</summary>
    public static string BootId { get; } = OperatingSystem.IsLinux() ? File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim() : Environment.MachineName;

    /// <summary>Empty where there is no such thing.</summary>
    public static string PidNamespace { get; } = new FileInfo("/proc/self/ns/pid").LinkTarget ?? "";

    /// <summary>When this process started, as an opaque word.</summary>
    public static string Start { get; } = StartOf(Environment.ProcessId) ?? "";

    /// <summary>Whether the process with this id and start has ended. Whoever cannot be looked at counts as alive.</summary>
    public static bool IsGone(int pid, string start)
    {
        try
        {
            return StartOf(pid) is { } found && found != start;
        }
        catch (ArgumentException)
        {
            return true;
        }
    }

    /// <summary>The start of a process, <see langword="null"/> when it lives but is hidden from us.</summary>
    /// <exception cref="ArgumentException">There is no such process.</exception>
    internal static string? StartOf(int pid)
    {
        using Process process = Process.GetProcessById(pid);
        try
        {
            if (!OperatingSystem.IsLinux())
            {
                return process.StartTime.ToUniversalTime().Ticks.ToString(CultureInfo.InvariantCulture);
            }

            // The command stands in parentheses and may hold any letter; state is the first field after it, the start in clock ticks
            // since the boot the twentieth. A zombie was killed already: only its parent has not noticed.
            string stat = File.ReadAllText($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/stat");
            string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] is "Z" or "X" ? throw new ArgumentException("The process has ended.", nameof(pid)) : fields[19];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
