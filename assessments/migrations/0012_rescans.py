import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('assessments', '0011_api_tokens'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Rescan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('scope', models.CharField(choices=[('team', 'Team'), ('item', 'What fails an item'), ('fleet', 'Fleet'), ('ruleset', 'New ruleset version'), ('chosen', 'Chosen repositories')], max_length=10)),
                ('item', models.CharField(blank=True, max_length=60)),
                ('requested_at', models.DateTimeField()),
                ('total', models.PositiveIntegerField(default=0)),
                ('failed', models.PositiveIntegerField(default=0)),
                ('cancelled', models.PositiveIntegerField(default=0)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['-requested_at', '-id'],
            },
        ),
        migrations.AddField(
            model_name='export',
            name='attempts',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='export',
            name='claim',
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.AddField(
            model_name='export',
            name='lease_until',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='mirror',
            name='bytes',
            field=models.PositiveBigIntegerField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='repository',
            name='files',
            field=models.PositiveIntegerField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='repository',
            name='large',
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.AddField(
            model_name='repository',
            name='pushed_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='repository',
            name='scan_seconds',
            field=models.FloatField(blank=True, editable=False, null=True),
        ),
        migrations.AlterField(
            model_name='hookdelivery',
            name='outcome',
            field=models.CharField(choices=[('queued', 'Scan queued'), ('waiting', 'A scan was waiting already'), ('later', 'A scan is running; another follows'), ('paused', 'Paused; scanned once the schedule goes on'), ('quarantined', 'Quarantined; scanned once it is released'), ('ping', 'Ping'), ('other-event', 'Not a push'), ('other-branch', 'Not the default branch'), ('unknown', 'No repository here has this address'), ('repeated', 'Repeated, so ignored'), ('malformed', 'Malformed')], max_length=15),
        ),
        migrations.AlterField(
            model_name='notification',
            name='event',
            field=models.CharField(choices=[('grade-drop', "A repository's grade drops"), ('critical-gap', 'A repository has a new critical gap'), ('unreadable', "A repository can't be read"), ('finished', 'What you asked for has finished'), ('digest', 'The week of each of your teams')], max_length=15),
        ),
        migrations.AlterField(
            model_name='notificationchoice',
            name='event',
            field=models.CharField(choices=[('grade-drop', "A repository's grade drops"), ('critical-gap', 'A repository has a new critical gap'), ('unreadable', "A repository can't be read"), ('finished', 'What you asked for has finished'), ('digest', 'The week of each of your teams')], max_length=15),
        ),
        migrations.AddIndex(
            model_name='export',
            index=models.Index(condition=models.Q(('state__in', ('queued', 'running'))), fields=['state', 'lease_until'], name='export_abandoned'),
        ),
        migrations.AddIndex(
            model_name='repository',
            index=models.Index(condition=models.Q(('pushed_at__isnull', False)), fields=['pushed_at'], name='repository_pushed'),
        ),
        migrations.AddField(
            model_name='rescan',
            name='cancelled_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='rescan',
            name='requested_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='rescan',
            name='team',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='rescans', to='assessments.team'),
        ),
        migrations.AddField(
            model_name='scanrequest',
            name='rescan',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='scans', to='assessments.rescan'),
        ),
        migrations.AddIndex(
            model_name='scanrequest',
            index=models.Index(condition=models.Q(('rescan__isnull', False)), fields=['rescan', 'state'], name='scan_of_rescan'),
        ),
        migrations.AddIndex(
            model_name='rescan',
            index=models.Index(condition=models.Q(('finished_at__isnull', True)), fields=['requested_at'], name='rescan_open'),
        ),
    ]
