using System.Globalization;
using System.Text.RegularExpressions;
using Ksmg.Sdk;

namespace Ksmg.Simulator;

internal sealed partial class SimulatedNode
{
    private readonly Dictionary<string, UploadedUpdate> _uploads = new(StringComparer.Ordinal);
    private UpdateStatus _update = new() { State = UpdateState.Idle };
    private DateTimeOffset _installBegan;
    private TimeSpan _installLength;
    private int _lastUploadNumber;

    /// <summary>While a half-initialised node shows only the beginning of its version.</summary>
    public DateTimeOffset HalfVersionUntil { get; set; }

    /// <summary>Counts the certificates of the node; the HTTPS front makes a new one when it rises.</summary>
    public int CertificateGeneration { get; set; } = 1;

    public bool IsInstalling => _update.IsRunning;

    public AboutInfo GetAbout()
    {
        if (_world.Now < HalfVersionUntil)
        {
            return new AboutInfo(string.Create(CultureInfo.InvariantCulture, $"{Build.Major}."), null);
        }

        string patch = Build.Patch == 0 ? string.Empty : string.Create(CultureInfo.InvariantCulture, $".{Build.Patch}");
        string version = string.Create(CultureInfo.InvariantCulture, $"{Build.Major}.{Build.Minor}{patch}");
        return new AboutInfo(version, _world.Options.AboutShowsBuild ? Build : null);
    }

    /// <summary>A new upload, or the rest of one that was cut. The answer's id is the node's, which may not be the one asked for.</summary>
    public UploadedUpdate BeginUpload(string id, string fileName, long sizeBytes, long offset, Caller caller)
    {
        CheckUpload(id, sizeBytes, offset);
        return OpenUpload(id, fileName, sizeBytes, offset, caller);
    }

    /// <summary>The verdict on an upload before its first byte is read.</summary>
    public void CheckUpload(string id, long sizeBytes, long offset)
    {
        if (!UploadId().IsMatch(id))
        {
            throw new ApiRefusal(400, "badId", "An upload id has letters, digits and '-'.");
        }

        if (IsInstalling)
        {
            throw new ApiRefusal(409, "busy", "An update is being installed.");
        }

        _uploads.TryGetValue(id, out UploadedUpdate? existing);
        if (existing is { IsComplete: true })
        {
            throw new ApiRefusal(409, "exists", "The upload is complete.");
        }

        if (offset > 0 && (!_world.Options.ResumableUploads || existing is null || existing.ReceivedBytes != offset || existing.SizeBytes != sizeBytes))
        {
            throw new ApiRefusal(409, "badOffset", "The node does not hold these first bytes.");
        }

        if (sizeBytes - (existing?.ReceivedBytes ?? 0) > FreeBytes("/var") || _world.Faults.TryTake("disk-full", Name, out _))
        {
            throw new ApiRefusal(507, "diskFull", "There is not enough space in /var.");
        }
    }

    /// <summary>What <see cref="CheckUpload"/> has allowed begins, under the id in the answer.</summary>
    public UploadedUpdate OpenUpload(string id, string fileName, long sizeBytes, long offset, Caller caller)
    {
        if (offset == 0)
        {
            id = NameOf(id);
            if (_uploads.TryGetValue(id, out UploadedUpdate? existing))
            {
                Forget(existing);
            }

            _uploads[id] = new UploadedUpdate { Id = id, FileName = fileName, SizeBytes = sizeBytes, UploadedAt = Clock };
        }

        _world.Effect(Name, "upload-started", caller, string.Create(CultureInfo.InvariantCulture, $"{id} {fileName} {sizeBytes} bytes from {offset}"));
        return Told(Upload(id));
    }

    /// <summary>Some more bytes of an upload have arrived.</summary>
    public void ReceiveUpload(string id, long bytes)
    {
        UploadedUpdate upload = Upload(id);
        if (upload.IsComplete || upload.ReceivedBytes + bytes > upload.SizeBytes)
        {
            throw new ApiRefusal(400, "tooLong", "More bytes than announced.");
        }

        _uploads[id] = upload with { ReceivedBytes = upload.ReceivedBytes + bytes };
        SetFreeBytes("/var", FreeBytes("/var") - bytes);
    }

    /// <summary>All bytes have arrived; this is what they are.</summary>
    public UploadedUpdate CompleteUpload(string id, string sha256, Caller caller)
    {
        UploadedUpdate upload = Upload(id);
        if (upload.ReceivedBytes != upload.SizeBytes)
        {
            throw new ApiRefusal(400, "tooShort", "Fewer bytes than announced.");
        }

        _uploads[id] = upload with { IsComplete = true, Sha256 = sha256 };
        _world.Effect(Name, "upload-finished", caller, $"{id} sha256 {sha256}");
        return Told(_uploads[id]);
    }

    /// <summary>The connection of an upload broke.</summary>
    public void CutUpload(string id, Caller caller)
    {
        if (_uploads.TryGetValue(id, out UploadedUpdate? upload) && !upload.IsComplete)
        {
            if (!_world.Options.KeepsUnfinishedUploads)
            {
                Forget(upload);
            }

            _world.Effect(
                Name, "upload-cut", caller, string.Create(CultureInfo.InvariantCulture, $"{id} after {upload.ReceivedBytes} of {upload.SizeBytes} bytes"));
        }
    }

    public IReadOnlyList<UploadedUpdate> ListUploads() => [.. _uploads.Values.Select(Told)];

    public void DeleteUpload(string id, Caller caller)
    {
        UploadedUpdate upload = Upload(id);
        if (IsInstalling && _update.UploadId == id)
        {
            throw new ApiRefusal(409, "busy", "The package is being installed.");
        }

        Forget(upload);
        _world.Effect(Name, "upload-deleted", caller, id);
    }

    public void StartUpdate(string id, Caller caller)
    {
        if (IsInstalling)
        {
            throw new ApiRefusal(409, "busy", "An update is being installed.");
        }

        UploadedUpdate upload = Upload(id);
        if (!upload.IsComplete)
        {
            throw new ApiRefusal(409, "incomplete", "The upload is not complete.");
        }

        SimulatedPackage? package = Identify(upload);
        if (package is not null && package.From != Build)
        {
            throw new ApiRefusal(409, "wrongBuild", $"The package is for build {package.From}; this node runs {Build}.");
        }

        if (Role == NodeRole.Control && _world.Nodes.Count > 1 && _world.Options.ControlRefusesUpdate)
        {
            throw new ApiRefusal(409, "controlNode", "A Control node is not updated; assign it the role Secondary first.");
        }

        bool silent = _world.Faults.TryTake("install-silent", Name, out SimulatedFault? fault);
        TimeSpan silence = silent ? fault!.For ?? TimeSpan.FromMinutes(5) : TimeSpan.Zero;
        _installBegan = _world.Now + silence;
        _installLength = _world.Options.Scaled(_world.Options.InstallTime);
        _responsible = caller.Cause;
        _update = new UpdateStatus { State = UpdateState.Preparing, UploadId = id };
        _world.Effect(Name, "install-started", caller, $"{id} sha256 {upload.Sha256} {Build} -> {package?.To.ToString() ?? "?"}");
        TimeSpan answered = _installLength / 20;
        bool hides = silent || !_world.Options.AnswersWhileInstalling;

        // Only when the answer to this request is out.
        Phases((answered, hides ? () => SetWeb(WebState.Refused) : () => { }), (silence + (_installLength / 10) - answered, () => Prepared(package)));
    }

    public UpdateStatus GetUpdateStatus() => IsInstalling
        ? _update with { ProgressPercent = (int)Math.Clamp(100 * ((_world.Now - _installBegan) / _installLength), 0, 99) }
        : _update;

    /// <summary>What a human does who ignores the run: uploads and installs at once.</summary>
    public void UpgradeByHand(Caller caller)
    {
        SimulatedPackage package = _world.Packages.Find(known => known.From == Build)
            ?? throw new ApiRefusal(409, "notFound", $"No package leads away from build {Build}.");
        string id = BeginUpload("hand-" + _world.Token()[..8], package.FileName, package.SizeBytes, 0, caller).Id;
        ReceiveUpload(id, package.SizeBytes);
        CompleteUpload(id, package.Sha256, caller);
        StartUpdate(id, caller);
    }

    private void Prepared(SimulatedPackage? package)
    {
        if (_world.Options.AnswersWhileInstalling)
        {
            SetWeb(WebState.Up);
        }

        if (package is null)
        {
            FinishUpdate(UpdateState.Failed, "The file is not an update package of this product.");
            SetWeb(WebState.Up);
        }
        else if (_world.Faults.TryTake("unknown-objects", Name, out SimulatedFault? fault))
        {
            _update = _update with { UnknownObjects = (fault.Value ?? "/opt/custom/agent.sh").Split(',') };
            FinishUpdate(UpdateState.Interrupted, "Unknown objects were found on the machine.");
            SetWeb(WebState.Up);
        }
        else
        {
            _update = _update with { State = UpdateState.Installing };
            Later(_installLength * 0.9, () => Installed(package));
        }
    }

    private void Installed(SimulatedPackage package)
    {
        _update = _update with { State = UpdateState.Restarting };
        Restart(new Caller(EffectCause.Appliance), () => Updated(package));
    }

    private void Updated(SimulatedPackage package)
    {
        SimulatedFaults faults = _world.Faults;
        if (faults.TryTake("install-old-build", Name, out _))
        {
            FinishUpdate(UpdateState.Failed, $"The installation failed; the node runs build {Build} again.");
            return;
        }

        Build = package.To;
        _world.Files.ResetTemplates(Name, Build);
        if (!_world.Options.KeepsInstalledUploads && _uploads.TryGetValue(_update.UploadId!, out UploadedUpdate? upload))
        {
            Forget(upload);
        }

        if (_world.Options.ReceivesAfterUpdate || faults.TryTake("receives-after-update", Name, out _))
        {
            Receiving = true;
        }

        if (_world.Options.CertificateChangesAtUpdate || faults.TryTake("certificate-changes", Name, out _))
        {
            CertificateGeneration++;
        }

        if (faults.TryTake("no-sync-after-update", Name, out _))
        {
            NeverSynchronizes = true;
        }

        if (faults.TryTake("databases-after-update", Name, out SimulatedFault? databases))
        {
            // Until the schedule has fetched new ones, whenever the node is on.
            Databases = new DatabasesState(databases.Value ?? DatabasesState.Obsolete.Value);
            _world.After(databases.For ?? TimeSpan.FromMinutes(20), () => Databases = DatabasesState.UpToDate);
        }

        if (faults.TryTake("half-version", Name, out SimulatedFault? half))
        {
            HalfVersionUntil = _world.Now + (half.For ?? TimeSpan.FromSeconds(5));
        }

        if (faults.TryTake("ui-flapping", Name, out SimulatedFault? flapping))
        {
            FlapsUntil = _world.Now + (flapping.For ?? TimeSpan.FromSeconds(10));
        }

        if (faults.TryTake("service-failed-after-update", Name, out SimulatedFault? service))
        {
            SetService(service.Value ?? "ksmg-scanner", ServiceState.Failed);
        }

        if (faults.TryTake("ui-never-returns", Name, out SimulatedFault? dead))
        {
            _webIsDead = true;
            _smtpIsDead = dead.Value == "smtp-dead";
        }

        FinishUpdate(UpdateState.Completed, null);
    }

    private void FinishUpdate(UpdateState state, string? message)
    {
        _update = _update with { State = state, Message = message, ProgressPercent = null };
        _world.Effect(Name, "install-finished", Caller.Appliance, $"{state} {Build}");
    }

    private SimulatedPackage? Identify(UploadedUpdate upload)
    {
        SimulatedPackage? known = _world.Packages.Find(package => package.Sha256.Equals(upload.Sha256, StringComparison.OrdinalIgnoreCase));
        if (known is not null
            || !_world.Options.BelievesPackageNames
            || _world.Packages.Exists(package => package.FileName == upload.FileName && package.SizeBytes == upload.SizeBytes))
        {
            return known;
        }

        Match name = PackageName().Match(upload.FileName);
        return name.Success
            && BuildNumber.TryParse(name.Groups["from"].ValueSpan, null, out BuildNumber from)
            && BuildNumber.TryParse(name.Groups["to"].ValueSpan, null, out BuildNumber to)
            ? new SimulatedPackage(upload.FileName, upload.SizeBytes, upload.Sha256!, from, to)
            : null;
    }

    private UploadedUpdate Upload(string id) =>
        _uploads.TryGetValue(id, out UploadedUpdate? upload) ? upload : throw new ApiRefusal(404, "notFound", "There is no such upload.");

    private string NameOf(string wish) => (_world.Options.UploadNaming, _world.Options.Foreign) switch
    {
        (UploadNaming.LowestFree, _) => Enumerable.Range(1, _uploads.Count + 1).Select(Text).First(id => !_uploads.ContainsKey(id)),
        (UploadNaming.Numbered, _) or (_, true) => Text(++_lastUploadNumber),
        _ => wish,
    };

    private UploadedUpdate Told(UploadedUpdate upload) => _world.Options.TellsUploadDigest ? upload : upload with { Sha256 = null };

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private void Forget(UploadedUpdate upload)
    {
        _uploads.Remove(upload.Id);
        SetFreeBytes("/var", FreeBytes("/var") + upload.ReceivedBytes);
    }

    [GeneratedRegex("^[A-Za-z0-9-]{1,128}$", RegexOptions.NonBacktracking)]
    private static partial Regex UploadId();

    [GeneratedRegex(@"^ksmg_upgrade_(?<from>[0-9.]+)_(?<to>[0-9.]+)\.ktgz$", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex PackageName();
}
