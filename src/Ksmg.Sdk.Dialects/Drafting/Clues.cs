using System.Text.Json.Serialization.Metadata;

namespace Ksmg.Sdk.Dialects;

/// <summary>By what an operation, a field and a word are recognised: tables, and nothing else.</summary>
internal static class Clues
{
    /// <summary>The operations in the order of the documented clicks.</summary>
    public static readonly OperationClues[] Operations =
    [
        Read(OperationNames.ListNodes, NodesJson.Default.NodeListDto, "node cluster member host server topology"),
        Read(OperationNames.GetNodeStatus, NodesJson.Default.NodeStatusDto, "node host status state health self local overview dashboard machine"),
        Read(OperationNames.GetCurrentUser, NodesJson.Default.CurrentUserDto, "user current me whoami account profile permission right"),
        Read(OperationNames.GetAbout, KsmgJson.Default.AboutDto, "about version build product info"),
        Read(OperationNames.GetQueueSummary, QueueJson.Default.QueueSummaryDto, "queue summary counter count stat statistic spool"),
        Read(OperationNames.ListQueue, QueueJson.Default.QueuePageDto, "queue message list spool mail"),
        Act(OperationNames.FlushQueue, "queue message spool", "flush send retry resend deliver force push"),
        Read(OperationNames.GetMailFlow, QueueJson.Default.MailFlowDto, "flow receive receiving send sending traffic mail switch setting"),
        Act(OperationNames.SetReceiving, "flow receive receiving traffic mail switch inbound", "set update change switch save edit enable disable toggle"),
        Act(OperationNames.SetSending, "flow send sending traffic mail switch outbound", "set update change switch save edit enable disable toggle"),
        Act(
            OperationNames.UploadUpdate, "update upgrade package image archive hotfix patch ktgz file", "upload import add create put",
            UpdatesJson.Default.UploadDto),
        Read(OperationNames.ListUpdates, UpdatesJson.Default.UploadListDto, "update upgrade package image archive hotfix patch ktgz upload list"),
        Act(OperationNames.DeleteUpdate, "update upgrade package image archive hotfix patch ktgz upload", "delete remove discard drop cancel"),
        Act(
            OperationNames.StartUpdate, "update upgrade package image install installation hotfix patch",
            "start install apply run begin launch execute upgrade"),
        Read(OperationNames.GetUpdateStatus, UpdatesJson.Default.UpdateStatusDto, "update upgrade install installation task job progress status"),
        Act(OperationNames.AssignControl, "role kind control master primary promote leader assign", "assign set promote change make switch become"),
        Act(OperationNames.AssignSecondary, "role kind secondary slave worker replica demote assign", "assign set demote change make switch become"),
        Act(OperationNames.StartIntegrityCheck, "integrity selftest checksum", "start run check verify"),
    ];

    /// <summary>What a call does whose name begins so.</summary>
    public static readonly HashSet<string> ReadingVerbs =
        new("get list read fetch load query find show search describe is has view".Split(' '), StringComparer.Ordinal);

    public static readonly HashSet<string> ActingVerbs = new(
        [.. Operations.SelectMany(o => o.Verbs), .. "stop assign create post enable disable save edit toggle".Split(' ')],
        StringComparer.Ordinal);

    /// <summary>Our field → what others call it, most likely first. Fields whose name stands twice have their place before it.</summary>
    private static readonly Dictionary<string, string[]> Fields = Table(
        "address: address endpoint nodeaddress clusteraddress addr ipaddress ipport hostport ip inclusteraddress",
        "id: id no nodeid memberid hostid uid uuid guid key number",
        "packages.id: id key number no uploadid packageid imageid fileid uid uuid guid handle",
        "messages.id: id number messageid queueid key uid",
        "hostName: hostname fqdn dnsname host name servername nodename",
        "comment: comment description note remark",
        "role: role kind noderole type clusterrole duty mode function",
        "state: state condition status health nodestate nodestatus phase stage availability",
        "build: build full fullversion productfull productversion buildnumber version product productbuild softwareversion",
        "version: version short shortversion productshort release productversion name",
        "fingerprint: fingerprint certificatefingerprint thumbprint certfingerprint",
        "virtualization: virtualization hypervisor platform",
        "scanThreads: scanthreads threads scanners",
        "synchronizedAt: synchronizedat lastsync lastsynchronization synchronized syncedat synced synctime lastsynced syncat",
        "appliedAt: appliedat lastapplied applied settingsapplied lastapply applytime settingsappliedat",
        "settingsChangedAt: settingschangedat changed changedat settingschanged lastchange lastchanged modified modifiedat settingsmodified settingsstamp",
        "databases: databases bases database basesstate databasestate dbstate avbases db",
        "emergencyMode: emergencymode emergency isemergency inemergency alarm",
        "clock: clock now time servertime currenttime systemtime nodetime localtime",
        "license: license licence licensestate licensestatus key licensekey",
        "disks: disks mounts volumes filesystems storage partitions drives",
        "mount: mount at path mountpoint name volume",
        "freeBytes: freebytes free available freespace bytesfree avail",
        "totalBytes: totalbytes total size capacity totalspace bytestotal",
        "services: services daemons processes units components",
        "services.name: name id service daemon unit title",
        "services.state: state condition up status running active health",
        "integrity: integrity integritycheck selfcheck selftest integritystatus",
        "integrity.state: integritystate check integrity integritycheck checkresult integritystatus checkstate",
        "own.integrity.state: state condition status result outcome integritystate check checkresult",
        "integrity.checkedAt: checkedat integritycheckedat lastcheck checktime checked lastchecked",
        "problems: problems issues warnings alerts",
        "code: code id key type",
        "message: message text note description detail details info error",
        "userName: username login name user account",
        "permissions: permissions rights privileges grants",
        "passwordExpiresAt: passwordexpiresat passworduntil passwordexpires passwordexpiry",
        "mta: mta mtaqueue mtacount mailqueue",
        "kataQuarantine: kataquarantine kata kataqueue katacount",
        "antiSpamQuarantine: antispamquarantine antispam as asquarantine spam antispamqueue antispamcount spamcount",
        "smtpSessions: smtpsessions sessions connections smtpconnections activesessions",
        "messages: messages items list rows entries mails records",
        "next: next nextcursor cursor more nextpage continuation",
        "queue: queue queuename kind type",
        "sender: sender from mailfrom envelopefrom",
        "recipient: recipient to rcpt rcptto",
        "receivedBefore: receivedbefore before until olderthan",
        "cursor: cursor next continuation pagetoken after",
        "limit: limit max pagesize size count perpage top take",
        "recipients: recipients to rcptto envelopeto rcpts",
        "sizeBytes: sizebytes size bytes filesize length totalbytes total",
        "receivedAt: receivedat arrived received time date enqueuedat queuedat at",
        "reason: reason error lasterror message why cause status",
        "receiving: receiving receive inbound incoming in accept accepting acceptmail receivemail mailreceiving recv",
        "sending: sending send outbound outgoing out deliver delivering delivery sendmail mailsending",
        "packages: packages updates uploads images files archives hotfixes patches items list",
        "nodes: nodes members hosts servers cluster items list rows",
        "fileName: filename name file title packagename",
        "receivedBytes: receivedbytes received stored uploaded uploadedbytes bytesreceived storedbytes done",
        "sha256: sha256 sum checksum hash digest sha sha256sum",
        "complete: complete completed whole iscomplete ready finished done",
        "uploadedAt: uploadedat at uploaded created createdat uploadtime added addedat stamp time date",
        "uploadId: uploadid image imageid packageid package fileid id updateid key",
        "progressPercent: progresspercent percent progress percentage pct",
        "unknownObjects: unknownobjects strangers unknown unknownfiles foreignobjects foreign modifiedfiles objects");

    /// <summary>Field → our word → theirs. Bare words of ours stand for themselves in any case.</summary>
    private static readonly Dictionary<string, Dictionary<string, string[]>> Values = new(StringComparer.Ordinal)
    {
        ["role"] = Table(
            "control: control master primary main leader head controlnode mastermode",
            "secondary: secondary slave worker replica standby follower secondarynode"),
        ["state"] = Table(
            "available: available ok up online normal healthy good alive active reachable",
            "unavailable: unavailable down offline unreachable dead lost",
            "syncFailed: syncfailed syncfault syncerror notsynchronized syncfailure outofsync",
            "applyFailed: applyfailed applyfault applyerror settingsnotapplied",
            "timeDiffers: timediffers timefault timeskew clockskew",
            "configurationIssues: configurationissues configfault configurationerror misconfigured"),
        ["update.state"] = Table(
            "idle: idle none rest noupdate nothing free",
            "preparing: preparing prepare check checking queued pending unpacking verifying waiting accepted",
            "installing: installing install run running inprogress applying updating upgrading progress",
            "restarting: restarting restart boot booting reboot rebooting",
            "completed: completed complete done finished success succeeded installed",
            "interrupted: interrupted stopped paused halted suspended",
            "failed: failed failure error broken rolledback"),
        ["databases"] = Table(
            "upToDate: uptodate actual current fresh ok latest updated valid good",
            "outOfDate: outofdate old outdated",
            "obsolete: obsolete expired",
            "basesFailed: basesfailed failed error broken corrupted missing"),
        ["license"] = Table(
            "active: active valid ok good activated",
            "expiring: expiring expiressoon",
            "gracePeriod: graceperiod grace",
            "expired: expired",
            "trialExpired: trialexpired",
            "blacklisted: blacklisted blocked denied",
            "invalid: invalid bad corrupted",
            "missing: missing none nokey absent"),
        ["services.state"] = Table(
            "running: running up started active 1 true on ok alive",
            "stopped: stopped down inactive 0 false off dead",
            "failed: failed error crashed"),
        ["integrity.state"] = Table(
            "passed: passed ok success succeeded intact good valid clean",
            "damaged: damaged failed broken corrupted violated",
            "running: running inprogress checking",
            "notRun: notrun never none unknown notchecked"),
        ["permissions"] = Table("editSettings: editsettings settings", "manageNodes: managenodes nodes members cluster"),
        ["queue"] = Table("mta: mta mail mtaqueue", "kataQuarantine: kataquarantine kata", "antiSpamQuarantine: antispamquarantine antispam as spam"),
    };

    /// <summary>Words of switches, each with its opposite.</summary>
    private static readonly (string On, string Off)[] Switches =
    [
        ("on", "off"), ("yes", "no"), ("y", "n"), ("enabled", "disabled"), ("enable", "disable"), ("true", "false"), ("1", "0"), ("started", "stopped"),
        ("start", "stop"), ("open", "closed"), ("active", "inactive"), ("allow", "deny"), ("resumed", "paused"),
        ("accept", "refuse"), ("accept", "reject"), ("deliver", "hold"), ("deliver", "stop"),
    ];

    /// <summary>What others call a field: by its place and name, else by its name.</summary>
    public static IReadOnlyList<string> NamesOf(string field)
    {
        for (string name = field; ; name = name[(name.IndexOf('.', StringComparison.Ordinal) + 1)..])
        {
            if (Fields.TryGetValue(name, out string[]? names))
            {
                return names;
            }

            if (!name.Contains('.', StringComparison.Ordinal))
            {
                return [Normal(name)];
            }
        }
    }

    /// <summary>Our words of a field, each with theirs; <see langword="null"/>: any text will do.</summary>
    public static IReadOnlyDictionary<string, string[]>? WordsOf(string operation, string field)
    {
        if (operation == OperationNames.GetUpdateStatus && field == "state")
        {
            return Values["update.state"];
        }

        string name = field.Split('.') is [.., var parent, var last] && Values.ContainsKey($"{parent}.{last}") ? $"{parent}.{last}" : field.Split('.')[^1];
        return Values.GetValueOrDefault(name);
    }

    /// <summary>What a field is called under <c>words</c>: a name that stands once needs no place before it.</summary>
    public static string WordsName(string field) => field.Split('.') is ["services" or "integrity", ..] ? field : field.Split('.')[^1];

    /// <summary>Which of our words theirs is; <see langword="null"/>: none for certain.</summary>
    public static string? Ours(IReadOnlyDictionary<string, string[]> words, string theirs) =>
        words.FirstOrDefault(word => word.Value.Contains(Normal(theirs))).Key;

    /// <summary>What a word says of a switch, and its opposite in the same writing, where there is but one.</summary>
    public static (bool IsOn, string? Opposite)? Switch(string word)
    {
        string said = Normal(word);
        string[] off = [.. Switches.Where(pair => pair.On == said).Select(pair => pair.Off)];
        string[] on = [.. Switches.Where(pair => pair.Off == said).Select(pair => pair.On)];
        return (off, on) switch
        {
            ([var only], _) => (true, As(word, only)),
            ([_, ..], _) => (true, null),
            (_, [var only]) => (false, As(word, only)),
            (_, [_, ..]) => (false, null),
            _ => null,
        };

        static string As(string model, string word) => model switch
        {
            _ when !model.Any(char.IsLower) => word.ToUpperInvariant(),
            _ when char.IsUpper(model[0]) => char.ToUpperInvariant(word[0]) + word[1..],
            _ => word,
        };
    }

    /// <summary>Whether one word turns a switch on and the other turns it off.</summary>
    public static bool AreOpposites(string one, string other) =>
        Switches.Any(pair => (pair.On, pair.Off) == (Normal(one), Normal(other)) || (pair.Off, pair.On) == (Normal(one), Normal(other)));

    /// <summary>A name without case and signs.</summary>
    public static string Normal(string name) => new([.. name.Where(char.IsAsciiLetterOrDigit).Select(char.ToLowerInvariant)]);

    /// <summary>The words that a name is made of, in the singular.</summary>
    public static IEnumerable<string> Split(string name)
    {
        int start = 0;
        for (int i = 1; i <= name.Length; i++)
        {
            if (i == name.Length || !char.IsAsciiLetter(name[i]) || (char.IsUpper(name[i]) && !char.IsUpper(name[i - 1])))
            {
                string word = Normal(name[start..i]);
                start = i;
                if (word.Length > 0)
                {
                    bool isPlural = word.Length > 3 && word.EndsWith('s') && !word.EndsWith("ss", StringComparison.Ordinal) && word != "status";
                    yield return isPlural ? word[..^1] : word;
                }
            }
        }
    }

    private static OperationClues Read(string operation, JsonTypeInfo shape, string nouns) => new(operation, shape, nouns.Split(' '), []);

    private static OperationClues Act(string operation, string nouns, string verbs, JsonTypeInfo? shape = null) =>
        new(operation, shape, nouns.Split(' '), verbs.Split(' '));

    private static Dictionary<string, string[]> Table(params ReadOnlySpan<string> rows)
    {
        Dictionary<string, string[]> table = new(StringComparer.Ordinal);
        foreach (string row in rows)
        {
            string[] parts = row.Split(": ");
            table.Add(parts[0], parts[1].Split(' '));
        }

        return table;
    }
}

/// <summary>By what one operation is recognised.</summary>
/// <param name="Operation">Its name.</param>
/// <param name="Shape">The form of what it tells; <see langword="null"/>: it tells nothing.</param>
/// <param name="Nouns">What its name speaks of, in the singular.</param>
/// <param name="Verbs">What its name does, where it acts.</param>
internal sealed record OperationClues(string Operation, JsonTypeInfo? Shape, IReadOnlyList<string> Nouns, IReadOnlyList<string> Verbs)
{
    public bool Acts => Verbs.Count > 0;
}
