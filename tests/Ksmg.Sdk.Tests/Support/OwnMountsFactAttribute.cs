using System.Diagnostics;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>A test that gives a process files of its own in the place of the machine's; skipped where nobody may do that.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class OwnMountsFactAttribute : FactAttribute
{
    private static readonly Lazy<bool> MayMount = new(() =>
    {
        if (!OperatingSystem.IsLinux() || ServerFactAttribute.Find("unshare") is not { } unshare)
        {
            return false;
        }

        using Process probe = Process.Start(new ProcessStartInfo(unshare, ["--mount", "mount", "--bind", "/etc/hosts", "/etc/hosts"])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
        })!;
        probe.StandardError.ReadToEnd();
        probe.WaitForExit();
        return probe.ExitCode == 0;
    });

    public OwnMountsFactAttribute() => Skip = MayMount.Value ? null : "needs the right to mount";
}
